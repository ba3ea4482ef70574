//! A backup of many objects, behind an endpoint that the test itself fills and serves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use planner::emulator::{Cloud, CloudConfig, serve};
use planner_core::service::Profile;
use serde_json::Value;

use crate::planner::{CommandEnd, planner, run};
use crate::served::{ACCESS_KEY, SECRET_KEY};

/// One byte less than this, and a copy is truncated.
const SIZE_BYTES: u64 = 700_000_000;

/// What is wrong with the backup.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flaws {
    pub missing: Option<u64>,
    pub truncated: Option<u64>,
    pub stale: Option<u64>,
    pub extra: bool,
}

/// When an endpoint shall stop answering, and what lets it go on.
type Hold = (Box<dyn Fn() -> bool + Send>, mpsc::Receiver<()>);

/// An endpoint with `s3://source/day/` and its backup in `s3://backup/day/`.
pub(crate) struct Backup {
    pub url: String,
    /// After the stale copy, before all others.
    pub since: Timestamp,
    holds: tokio::sync::mpsc::UnboundedSender<Hold>,
}

impl Backup {
    /// A backup of so many objects.
    pub(crate) fn new(objects: u64, flaws: Flaws) -> Self {
        let mut profile = Profile::default();
        profile.request.metadata_s = 0.001;
        let (sender, receiver) = mpsc::channel();
        let (holds, mut held) = tokio::sync::mpsc::unbounded_channel::<Hold>();
        // It is served until the tests end.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let cloud = Cloud::new(CloudConfig { profile, ..CloudConfig::default() });
                let since = fill(&cloud, objects, flaws).await;
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let url = format!("http://{}", listener.local_addr().unwrap());
                sender.send((url, since)).unwrap();
                // On the thread that answers, so that nothing is answered meanwhile.
                tokio::spawn(async move {
                    while let Some((is_time, release)) = held.recv().await {
                        while !is_time() {
                            tokio::time::sleep(Duration::from_millis(1)).await;
                        }
                        let _ = release.recv();
                    }
                });
                serve(listener, &cloud, std::future::pending()).await.unwrap();
            });
        });
        let (url, since) = receiver.recv().unwrap();
        Self { url, since, holds }
    }

    /// Makes the endpoint answer nothing any more once it is time, until what this gives is dropped.
    pub(crate) fn hold(&self, is_time: impl Fn() -> bool + Send + 'static) -> mpsc::Sender<()> {
        let (sender, receiver) = mpsc::channel();
        self.holds.send((Box::new(is_time), receiver)).unwrap_or_else(|_| panic!("the endpoint has ended"));
        sender
    }

    /// `planner audit` of it, in a folder under `out`.
    pub(crate) fn audit(&self, out: &Path, options: &[&str]) -> Command {
        let mut command = planner();
        command.args(["audit", "--source", "s3://source/day/", "--dest", "s3://backup/day/"]);
        command.args(["--endpoint-url", &self.url, "--out"]).arg(out).args(options);
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
        command
    }
}

pub(crate) fn key(number: u64) -> String {
    format!("objet n\u{b0} {number:06}+\r\n.tif")
}

async fn fill(cloud: &Cloud, objects: u64, flaws: Flaws) -> Timestamp {
    let source = |number: u64| cloud.put_sparse("source", &format!("day/{}", key(number)), SIZE_BYTES);
    let copy = |number: u64, size_bytes: u64| {
        cloud.put_sparse("backup", &format!("day/{}", key(number)), size_bytes);
    };
    cloud.create_bucket("backup");
    // Of an earlier version of its source.
    flaws.stale.iter().for_each(|&number| copy(number, SIZE_BYTES + 1));
    // Listings are dated to the millisecond.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let since = Timestamp::now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    for number in 0..objects {
        source(number);
    }
    for number in (0..objects).filter(|&number| ![flaws.missing, flaws.stale].contains(&Some(number))) {
        if number == objects / 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        copy(number, SIZE_BYTES - u64::from(flaws.truncated == Some(number)));
    }
    if flaws.extra {
        cloud.put_sparse("backup", "day/of somebody else", 1);
    }
    since
}

/// The document that a command printed.
pub(crate) fn document(ended: &CommandEnd) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ended.stderr))
}

/// Runs an audit that ends with this code, and gives its document.
#[track_caller]
pub(crate) fn audited(mut command: Command, code: i32) -> Value {
    command.args(["--format", "json"]);
    document(&run(command).with_code(code))
}

/// The only folder in `out`.
pub(crate) fn only_folder(out: &Path) -> PathBuf {
    let places = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = places.filter(|place| place.is_dir());
    let folder = folders.next().unwrap();
    assert_eq!(folders.next(), None);
    folder
}

/// Key and kind of each row of `findings.csv`.
pub(crate) fn findings(folder: &Path) -> Vec<(String, String)> {
    let rows = csv::Reader::from_path(folder.join("findings.csv")).unwrap().into_records();
    rows.map(|row| row.unwrap()).map(|row| (row[0].to_owned(), row[2].to_owned())).collect()
}
