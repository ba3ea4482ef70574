//! The objects that a scenario copies, made where they are missing.

use std::cell::OnceCell;
use std::future::ready;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::clients::Clients;
use super::operation::Places;
use super::reply::explain;
use super::target_error::TargetError;
use crate::created::{CreatedLog, KeyEvent, WriteReceipt};
use planner_core::scenario::objects::ObjectSet;

/// Uploads in progress at once.
const PARALLEL: usize = 16;
/// Bytes that are uploaded to make a data set, at most: 1 GiB.
pub const MAX_BYTES: u64 = 1 << 30;

/// Uploads the objects to the source bucket under [`Places::source_prefix`], each listed before it is written.
/// Once `stop` is ready no further upload begins, and those in progress end.
///
/// # Errors
/// Where an upload fails; what was uploaded stands in the log, and no further upload begins.
pub async fn upload(
    clients: &Clients,
    objects: &ObjectSet,
    places: &Places,
    created: &Arc<CreatedLog>,
    stop: impl Future<Output = ()>,
) -> Result<(), TargetError> {
    let bucket = &places.source_bucket;
    let largest = (0..objects.len()).map(|index| objects.size_bytes(index)).max().unwrap_or(0);
    // At most MAX_BYTES, which the caller has checked; shared by all uploads.
    let zeros = Bytes::from(vec![0; usize::try_from(largest).unwrap_or(0)]);
    let one = |index: u64| {
        let object = objects.object(index);
        let key = format!("{}{}", places.source_prefix, object.key);
        let body = zeros.slice(..usize::try_from(object.size_bytes).unwrap_or(0));
        async move {
            created.note(KeyEvent::Intended, bucket, &key).map_err(TargetError::not_listed)?;
            let request = clients.s3.put_object().bucket(bucket).key(&key).body(ByteStream::from(body));
            let answer = request.send().await;
            let answer = answer.map_err(|error| explain(format!("failed to upload to {bucket}"), &error))?;
            let written = WriteReceipt::of(answer.e_tag(), answer.version_id(), None);
            created.written(bucket, &key, written).map_err(TargetError::not_listed)
        }
    };
    // Those in progress end and are listed even when another has failed.
    let failure = OnceCell::new();
    let uploads = stream::iter((0..objects.len()).map(one)).take_until(stop);
    let uploads = uploads.take_while(|_| ready(failure.get().is_none())).buffer_unordered(PARALLEL);
    uploads
        .for_each(|uploaded| {
            if let Err(error) = uploaded {
                // The first one says what is wrong.
                let _ = failure.set(error);
            }
            ready(())
        })
        .await;
    failure.into_inner().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::created::Created;
    use crate::stub::clients;
    use planner_core::scenario::file::Size;
    use planner_core::units::quantity;

    #[tokio::test(start_paused = true)]
    async fn a_refused_upload_lets_those_in_flight_end_and_be_listed() {
        let denied = "<Error><Code>AccessDenied</Code></Error>";
        let clients = clients(move |request| {
            if request.uri().contains("object-000003") {
                (403, denied.to_owned())
            } else {
                (200, String::new())
            }
        });
        let size = Size::Fixed(quantity::Bytes(1));
        let objects = ObjectSet::Generated { count: 100, size, prefixes: 1, seed: 1 };
        let source_prefix = "planner-runs/r/objects/".into();
        let places = Places { source_prefix, ..Places::of_run("r", "source", "destination") };
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(CreatedLog::create(folder.path()).unwrap());
        let error = upload(&clients, &objects, &places, &log, std::future::pending()).await.unwrap_err();
        assert!(error.to_string().contains("AccessDenied"), "{error}");
        let begun = Created::read(folder.path()).unwrap().objects.len();
        // The stub's answers have no tag, so that every answer that was listed counts as one without.
        assert_eq!(log.untagged(), begun as u64 - 1, "of all that were begun, one was refused");
        assert!((PARALLEL..100).contains(&begun), "{begun} uploads were begun");
    }
}
