//! Listing objects, in the old way and the new.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output,
    Object as ListedObject, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::{Storage, entity_tag};
use crate::emulator::object::StoredObject;
use crate::emulator::store::Listing;

/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'*');

/// How an answer writes names: in per cent where the client asks for it, since XML cannot hold every character.
struct NameEncoding(Option<EncodingType>);

impl NameEncoding {
    fn write(&self, name: String) -> String {
        match &self.0 {
            Some(encoding) if encoding.as_str() == EncodingType::URL => {
                utf8_percent_encode(&name, PLAIN).to_string()
            }
            _ => name,
        }
    }
}

impl Storage {
    pub(super) async fn list_objects(&self, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        let max_keys = self.page_size(input.max_keys)?;
        let page = self.store().list(
            &input.bucket,
            Listing {
                prefix: input.prefix.as_deref().unwrap_or_default(),
                delimiter: input.delimiter.as_deref().unwrap_or_default(),
                after: input.marker.as_deref().unwrap_or_default(),
                max_entries: max_keys,
            },
        )?;
        let names = NameEncoding(input.encoding_type);
        Ok(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(names.write(input.prefix.unwrap_or_default())),
            marker: Some(names.write(input.marker.unwrap_or_default())),
            max_keys: Some(max_keys as i32),
            is_truncated: Some(page.next.is_some()),
            contents: Some(self.listed(page.objects, &names)),
            common_prefixes: Some(rolled_up(page.prefixes, &names)),
            next_marker: page.next.filter(|_| input.delimiter.is_some()).map(|next| names.write(next)),
            delimiter: input.delimiter.map(|delimiter| names.write(delimiter)),
            encoding_type: names.0,
            ..Default::default()
        })
    }

    pub(super) async fn list_objects_v2(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let _in_flight = self.pass_small(&input.bucket).await?;
        let max_keys = self.page_size(input.max_keys)?;
        let resumed = input.continuation_token.as_deref().map(key_of_token).transpose()?;
        let page = self.store().list(
            &input.bucket,
            Listing {
                prefix: input.prefix.as_deref().unwrap_or_default(),
                delimiter: input.delimiter.as_deref().unwrap_or_default(),
                after: resumed.as_deref().or(input.start_after.as_deref()).unwrap_or_default(),
                max_entries: max_keys,
            },
        )?;
        let names = NameEncoding(input.encoding_type);
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(names.write(input.prefix.unwrap_or_default())),
            max_keys: Some(max_keys as i32),
            key_count: Some((page.objects.len() + page.prefixes.len()) as i32),
            continuation_token: input.continuation_token,
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next.map(|key| URL_SAFE_NO_PAD.encode(key)),
            contents: Some(self.listed(page.objects, &names)),
            common_prefixes: Some(rolled_up(page.prefixes, &names)),
            delimiter: input.delimiter.map(|delimiter| names.write(delimiter)),
            start_after: input.start_after.map(|after| names.write(after)),
            encoding_type: names.0,
            ..Default::default()
        })
    }

    fn listed(&self, objects: Vec<(String, StoredObject)>, names: &NameEncoding) -> Vec<ListedObject> {
        let listed = |(key, object): (String, StoredObject)| ListedObject {
            e_tag: Some(entity_tag(object.tag)),
            key: Some(names.write(key)),
            last_modified: Some(self.timestamp(object.modified_ns)),
            size: Some(object.content.size_bytes() as i64),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Default::default()
        };
        objects.into_iter().map(listed).collect()
    }
}

fn rolled_up(prefixes: Vec<String>, names: &NameEncoding) -> Vec<CommonPrefix> {
    prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(names.write(prefix)) }).collect()
}

fn key_of_token(token: &str) -> S3Result<String> {
    let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|key| String::from_utf8(key).ok());
    decoded.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}
