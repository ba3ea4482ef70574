//! Unfinished multipart uploads.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::CompletedPart;
use s3s::{S3Result, s3_error};

use super::content::Content;
use super::object::{Headers, StoredObject};
use super::tag::Tag;
use planner_core::account::S3Limits;
use planner_core::random;

/// A part as it was sent or copied.
#[derive(Clone, Debug)]
pub(super) struct UploadPart {
    pub(super) content: Content,
    pub(super) tag: Tag,
    /// Nanoseconds since the endpoint started.
    pub(super) modified_ns: u64,
}

/// An object in the making.
#[derive(Debug)]
pub(super) struct Upload {
    bucket: String,
    pub(super) key: String,
    headers: Arc<Headers>,
    /// Nanoseconds since the endpoint started.
    pub(super) started_ns: u64,
    pub(super) parts: BTreeMap<u32, UploadPart>,
    /// How often its source had been asked for when its first part was.
    source_ordinal: Option<u32>,
    /// How often each part was asked for.
    parts_asked: BTreeMap<u32, u32>,
}

impl Upload {
    /// How often this part of this source was asked for before, over all uploads of the source:
    /// the first time decides which copy of the source this upload is, and parts count on their own.
    pub(super) fn part_ordinal(&mut self, part_number: u32, source_asked: &mut u32) -> u64 {
        let copy = *self.source_ordinal.get_or_insert_with(|| {
            *source_asked += 1;
            *source_asked - 1
        });
        let asked = self.parts_asked.entry(part_number).or_default();
        let ordinal = u64::from(copy) << 32 | u64::from(*asked);
        *asked += 1;
        ordinal
    }

    /// Puts the listed parts together.
    fn assemble(&self, listed: &[CompletedPart], limits: &S3Limits, now_ns: u64) -> S3Result<StoredObject> {
        let mut parts = Vec::with_capacity(listed.len());
        let mut previous = 0;
        for entry in listed {
            let number = entry.part_number.map_or(Ok(0), |number| check_part_number(number, limits))?;
            if number <= previous {
                return Err(s3_error!(
                    InvalidPartOrder,
                    "The list of parts was not in ascending order. Parts must be ordered by part number."
                ));
            }
            previous = number;
            parts.push(self.listed_part(number, entry)?);
        }
        let Some((_, all_but_last)) = parts.split_last() else {
            return Err(s3_error!(MalformedXML, "The upload must list at least one part"));
        };
        if all_but_last.iter().any(|part| part.content.size_bytes() < limits.part_min_bytes) {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        let tags: Vec<Tag> = parts.iter().map(|part| part.tag).collect();
        Ok(StoredObject {
            content: Content::concat(parts.iter().map(|part| &part.content)),
            tag: Tag::of_parts(&tags),
            modified_ns: now_ns,
            headers: Arc::clone(&self.headers),
            copies_asked: 0,
        })
    }

    fn listed_part(&self, number: u32, entry: &CompletedPart) -> S3Result<&UploadPart> {
        let wanted = entry.e_tag.as_ref().map(s3s::dto::ETag::value);
        self.parts
            .get(&number)
            .filter(|part| wanted.is_none_or(|tag| tag == part.tag.to_string()))
            .ok_or_else(|| {
                s3_error!(
                    InvalidPart,
                    "One or more of the specified parts could not be found. The part may not have been \
                     uploaded, or the specified entity tag may not match the part's entity tag."
                )
            })
    }
}

/// All unfinished uploads, by their identifiers.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    started: u64,
    by_id: BTreeMap<String, Upload>,
}

impl Uploads {
    /// Starts an upload and names it.
    pub(super) fn start(&mut self, bucket: &str, key: &str, headers: Headers, now_ns: u64) -> String {
        self.started += 1;
        // The number keeps them in order and unique, the word keeps them from being guessed at.
        let id = format!("{:016x}{:016x}", self.started, random::word(self.started, &[random::name(key)]));
        let upload = Upload {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            headers: Arc::new(headers),
            started_ns: now_ns,
            parts: BTreeMap::new(),
            source_ordinal: None,
            parts_asked: BTreeMap::new(),
        };
        self.by_id.insert(id.clone(), upload);
        id
    }

    /// The upload `id` of this bucket and key.
    pub(super) fn get_mut(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<&mut Upload> {
        self.by_id.get_mut(id).filter(|upload| upload.bucket == bucket && upload.key == key).ok_or_else(
            || {
                s3_error!(
                    NoSuchUpload,
                    "The specified upload does not exist. The upload ID may be invalid, or the upload may \
                     have been aborted or completed."
                )
            },
        )
    }

    /// Ends an upload without an object.
    pub(super) fn abort(&mut self, bucket: &str, key: &str, id: &str) -> S3Result<()> {
        self.get_mut(bucket, key, id)?;
        self.by_id.remove(id);
        Ok(())
    }

    /// Ends an upload with the object that its listed parts make; a refused list leaves it open.
    pub(super) fn complete(
        &mut self,
        (bucket, key, id): (&str, &str, &str),
        listed: &[CompletedPart],
        limits: &S3Limits,
        now_ns: u64,
    ) -> S3Result<StoredObject> {
        let object = self.get_mut(bucket, key, id)?.assemble(listed, limits, now_ns)?;
        self.by_id.remove(id);
        Ok(object)
    }

    /// Uploads into `bucket` by key, and by age for the same key.
    pub(super) fn of_bucket(&self, bucket: &str) -> Vec<(&str, &Upload)> {
        let in_bucket = self.by_id.iter().filter(|(_, upload)| upload.bucket == bucket);
        let mut uploads: Vec<(&str, &Upload)> = in_bucket.map(|(id, upload)| (id.as_str(), upload)).collect();
        uploads.sort_by(|(_, a), (_, b)| a.key.cmp(&b.key));
        uploads
    }

    pub(super) fn forget_bucket(&mut self, bucket: &str) {
        self.by_id.retain(|_, upload| upload.bucket != bucket);
    }
}

/// A part number, if it is one.
pub(super) fn check_part_number(number: i32, limits: &S3Limits) -> S3Result<u32> {
    let most = limits.parts_max;
    u32::try_from(number).ok().filter(|number| (1..=most).contains(number)).ok_or_else(|| {
        s3_error!(InvalidArgument, "Part number must be an integer between 1 and {most}, inclusive")
    })
}
