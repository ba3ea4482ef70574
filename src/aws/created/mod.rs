//! `created.csv`: what a run made at its target. Objects and uploads stand here before they are made, topics as
//! soon as they have an ARN. Clean-up deletes what stands here and nothing else.

mod leftovers;
mod log;
mod record;
mod write_receipt;

pub use self::leftovers::{Created, CreatedObject, Tear};
pub use self::log::CreatedLog;
pub use self::record::{FILE, KeyEvent};
pub use self::write_receipt::WriteReceipt;
pub(crate) use self::write_receipt::real_version;

/// What stands before every key that a run writes.
#[must_use]
pub fn prefix(run: &str) -> String {
    format!("planner-runs/{run}/")
}

#[cfg(test)]
mod tests {
    use super::record::HEADER;
    use super::*;

    fn tagged(etag: &str) -> WriteReceipt {
        WriteReceipt { etag: etag.into(), ..WriteReceipt::default() }
    }

    #[test]
    fn the_list_remembers_what_is_left_even_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let log = CreatedLog::create(folder.path()).unwrap();
        for key in ["a,\"1\"", "ü 2", "gone", "unsure", "no tag"] {
            log.note(KeyEvent::Intended, "b", key).unwrap();
        }
        log.written("b", "a,\"1\"", tagged("\"e1\"")).unwrap();
        let written = WriteReceipt { version: Some("v2".into()), modified_s: Some(17), ..tagged("\"e2\"") };
        log.written("b", "ü 2", written.clone()).unwrap();
        log.written("b", "gone", tagged("\"e3\"")).unwrap();
        log.written("b", "no tag", tagged("")).unwrap();
        for key in ["big", "lost", "big2", "refused", "big2"] {
            log.note(KeyEvent::UploadIntended, "b", key).unwrap();
        }
        log.note(KeyEvent::UploadRefused, "b", "refused").unwrap();
        log.note_upload(KeyEvent::UploadBegun, "b", "big", "u1").unwrap();
        log.note_upload(KeyEvent::UploadBegun, "b", "big2", "u2").unwrap();
        log.note_upload(KeyEvent::UploadEnded, "b", "big2", "u2").unwrap();
        for arn in ["arn:t", "arn:somebody-elses"] {
            log.note(KeyEvent::Topic, "", arn).unwrap();
        }
        log.note(KeyEvent::Left, "", "arn:somebody-elses").unwrap();
        for bucket in ["b", "b2", "b3"] {
            log.note(KeyEvent::Bucket, bucket, "").unwrap();
        }
        log.note(KeyEvent::Left, "b3", "").unwrap();
        drop(log);
        let path = folder.path().join(FILE);
        let cut_off = || {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{text}intended,b,never-se")).unwrap();
        };
        cut_off();
        let log = CreatedLog::append(folder.path()).unwrap();
        log.note(KeyEvent::Deleted, "b", "gone").unwrap();
        log.note(KeyEvent::Deleted, "b2", "").unwrap();
        cut_off();
        let created = Created::read(folder.path()).unwrap();
        let objects: Vec<_> = created
            .objects
            .iter()
            .map(|((_, key), object)| (key.as_str(), object.last.clone(), object.unconfirmed))
            .collect();
        assert_eq!(
            objects,
            [
                ("a,\"1\"", Some(tagged("\"e1\"")), 0),
                ("no tag", None, 1),
                ("unsure", None, 1),
                ("ü 2", Some(written), 0)
            ]
        );
        assert_eq!(created.uploads.keys().collect::<Vec<_>>(), ["u1"]);
        let unnamed: Vec<_> = created.unnamed_uploads.keys().map(|(_, key)| key.as_str()).collect();
        assert_eq!(unnamed, ["big2", "lost"], "of two uploads to big2 one has no answer");
        assert_eq!(created.topics, ["arn:t"]);
        assert_eq!(created.buckets.iter().collect::<Vec<_>>(), ["b"]);
        assert!(created.tear.is_some_and(|tear| tear.is_harmless));
    }

    #[test]
    fn only_one_writes_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let log = CreatedLog::create(folder.path()).unwrap();
        log.note(KeyEvent::Intended, "b", "k").unwrap();
        assert!(CreatedLog::append(folder.path()).unwrap_err().is_in_use());
        assert_eq!(Created::read(folder.path()).unwrap().objects.len(), 1, "reading needs no lock");
        drop(log);
        let log = CreatedLog::append(folder.path()).unwrap();
        log.note(KeyEvent::Deleted, "b", "k").unwrap();
        assert!(Created::read(folder.path()).unwrap().is_empty());
    }

    #[test]
    fn a_torn_list_is_read_up_to_the_tear() {
        let folder = tempfile::tempdir().unwrap();
        let list = |text: &str| {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let created = Created::read(folder.path()).unwrap();
            let keys: Vec<String> = created.objects.keys().map(|(_, key)| key.clone()).collect();
            (keys.join(" "), created.tear.map(|tear| (tear.line, tear.is_harmless)))
        };
        let header = HEADER.join(",");
        let whole = format!("{header}\nintended,b,one,,,\nintended,b,two,,,\n");
        assert_eq!(list(&whole), ("one two".into(), None));
        assert_eq!(list(&format!("{whole}intended,b,thr")), ("one two".into(), Some((4, true))));
        for torn in ["intended,b,thrintended,b,four,,,\n", "\0\0\0\0\n", "intended,b,\"thr\n"] {
            let text = format!("{whole}{torn}intended,b,five,,,\n");
            assert_eq!(list(&text), ("one two".into(), Some((4, false))), "{torn:?}");
        }
        assert_eq!(list(""), (String::new(), None));
        assert_eq!(list(&header), (String::new(), Some((1, true))));
    }

    /// Lists that were written before there were versions.
    #[test]
    fn a_list_of_four_columns_goes_on_with_four() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "event,bucket,key,mark\nintended,b,k,\nwritten,b,k,e\nintended,b,l,\n")
            .unwrap();
        let log = CreatedLog::append(folder.path()).unwrap();
        log.note(KeyEvent::Deleted, "b", "l").unwrap();
        let created = Created::read(folder.path()).unwrap();
        assert_eq!(created.objects[&("b".into(), "k".into())].last, Some(tagged("e")));
        assert_eq!((created.objects.len(), created.tear), (1, None));
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("deleted,b,l,\n"));
    }
}
