//! A deployed stack on MiniStack, with two buckets of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs as cloudwatchlogs;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs as sqs;
use aws_types::region::Region;
use futures::future::join_all;
use planner_aws::clients::Clients;
use planner_core::fan_out::copy_record::CopyRecord;
use planner_core::fan_out::message::{Message, ObjectLocation};

/// Far longer than anything here takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Keys that are easily lost on the way.
pub(crate) const KEYS: [&str; 5] =
    ["plain", "with space", "a+b&c=d", "ü/😀/日本", "100%25 \"quoted\" \\ 'too'"];

pub(crate) struct Stack {
    run: String,
    name: String,
    pub s3: aws_sdk_s3::Client,
    sns: aws_sdk_sns::Client,
    outputs: BTreeMap<String, String>,
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test"))
}

pub(crate) fn url() -> String {
    variable("PLANNER_TEST_MINISTACK")
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts")
}

/// What a script of the project prints.
#[track_caller]
fn python(script: &str, arguments: &[String]) -> Vec<u8> {
    let mut command = Command::new(variable("PLANNER_TEST_PYTHON"));
    let output = command
        .arg(scripts().join("lib").join(script))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("AWS_ENDPOINT_URL", url())
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The function of this build, which Cargo leaves beside the command.
fn program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_planner")).with_file_name("copy_consumer");
    assert!(program.is_file(), "{} is not built: run cargo test --workspace", program.display());
    program
}

/// The program of this build as a zip, without its symbols.
fn zip() -> &'static str {
    static ZIP: OnceLock<String> = OnceLock::new();
    ZIP.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (stripped, zip) = (folder.join("copy_consumer"), folder.join("copy-consumer.zip"));
        let mut strip = Command::new("strip");
        assert!(strip.arg("-o").arg(&stripped).arg(program()).status().unwrap().success());
        let [program, zip] = [stripped, zip].map(|path| path.into_os_string().into_string().unwrap());
        python("package.py", &[program, zip.clone()]);
        zip
    })
}

/// A client of another service, made from its configuration's builder.
macro_rules! client {
    ($service:ident) => {
        $service::Client::from_conf(
            $service::Config::builder()
                .behavior_version_latest()
                .endpoint_url(url())
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new("test", "test", None, None, "test"))
                .build(),
        )
    };
}

impl Stack {
    /// Deploys the template with parameters, as `NAME=VALUE`, and further variables of the function.
    pub(crate) async fn deploy(test: &str, parameters: &[&str], variables: &[&str]) -> Self {
        let name = format!("{test}-{}", std::process::id());
        let clients = Clients::endpoint(&url(), Some("us-east-1"), Duration::from_secs(60)).unwrap();
        for bucket in ["source", "target"] {
            clients.s3.create_bucket().bucket(format!("{name}-{bucket}")).send().await.unwrap();
        }
        let mut arguments = vec!["--stack".to_owned(), name.clone(), "--zip".to_owned(), zip().to_owned()];
        arguments.extend(variables.iter().map(|variable| format!("--variable={variable}")));
        arguments.push(format!("SourceBucket={name}-source"));
        arguments.push(format!("DestinationBucket={name}-target"));
        arguments.push("DestinationPrefix=copies/".to_owned());
        // What is given last counts.
        arguments.extend(parameters.iter().map(|parameter| (*parameter).to_owned()));
        let outputs = serde_json::from_slice(&python("deploy_local.py", &arguments)).unwrap();
        // Failures on purpose are drawn by the run's name, which therefore is the same every time.
        Self { run: test.to_owned(), s3: clients.s3, sns: clients.sns, name, outputs }
    }

    /// What all names in the stack begin with.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn source(&self) -> String {
        format!("{}-source", self.name)
    }

    pub(crate) fn target(&self) -> String {
        format!("{}-target", self.name)
    }

    pub(crate) fn function(&self) -> &str {
        &self.outputs["FunctionName"]
    }

    /// Puts an object.
    pub(crate) async fn put(&self, key: &str, body: Vec<u8>) {
        let request = self.s3.put_object().bucket(self.source()).key(key);
        request.body(ByteStream::from(body)).send().await.unwrap();
    }

    /// Puts this many small objects, each with its own content, and gives their keys.
    pub(crate) async fn put_small(&self, count: usize) -> Vec<String> {
        let keys: Vec<String> = (0..count).map(|n| format!("{}/{n:03}", KEYS[n % KEYS.len()])).collect();
        join_all(keys.iter().map(|key| self.put(key, key.clone().into_bytes()))).await;
        keys
    }

    /// Publishes the messages for objects at once, each numbered by its place.
    pub(crate) async fn publish(&self, objects: &[(u64, &str)]) {
        join_all(objects.iter().map(|&(n, key)| self.publish_one(n, key))).await;
    }

    pub(crate) async fn publish_one(&self, n: u64, key: &str) {
        let sent_s = jiff::Timestamp::now().as_duration().as_secs_f64();
        let message = Message {
            run: self.run.clone(),
            n,
            source: ObjectLocation { bucket: self.source(), key: key.to_owned() },
            destination: ObjectLocation { bucket: self.target(), key: format!("copies/{key}") },
            size_bytes: 0,
            sent_s,
        };
        self.publish_text(&message.encode().unwrap()).await;
    }

    pub(crate) async fn publish_text(&self, text: &str) {
        self.sns.publish().topic_arn(&self.outputs["TopicArn"]).message(text).send().await.unwrap();
    }

    /// Keys of the objects that arrived, without the prefix.
    pub(crate) async fn arrived(&self) -> BTreeSet<String> {
        let mut pages = self.s3.list_objects_v2().bucket(self.target()).into_paginator().send();
        let mut keys = BTreeSet::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            keys.extend(
                page.contents().iter().map(|o| o.key().unwrap().strip_prefix("copies/").unwrap().to_owned()),
            );
        }
        keys
    }

    pub(crate) async fn content(&self, bucket: &str, key: &str) -> Vec<u8> {
        let head = self.s3.head_object().bucket(bucket).key(key).send().await.unwrap();
        let size_bytes = head.content_length().unwrap();
        let mut content = Vec::new();
        // In pieces, because the program's clients read no answer of more than 32 MiB.
        for from in (0..size_bytes).step_by(16 << 20) {
            let range = format!("bytes={from}-{}", size_bytes.min(from + (16 << 20)) - 1);
            let piece = self.s3.get_object().bucket(bucket).key(key).range(range).send().await.unwrap();
            content.extend(piece.body.collect().await.unwrap().to_vec());
        }
        content
    }

    /// Checks that an object arrived as it was.
    pub(crate) async fn check(&self, key: &str) {
        let copy = self.content(&self.target(), &format!("copies/{key}")).await;
        assert!(copy == self.content(&self.source(), key).await, "{key} arrived changed");
    }

    /// The lines that the function logged about messages.
    pub(crate) async fn lines(&self) -> Vec<CopyRecord> {
        let logs = client!(cloudwatchlogs);
        let request = logs.filter_log_events().log_group_name(&self.outputs["LogGroupName"]);
        let mut pages = request.into_paginator().send();
        let mut lines = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap();
            lines.extend(page.events().iter().filter_map(|event| CopyRecord::parse(event.message()?)));
        }
        lines
    }

    /// What CloudWatch counted for the function.
    pub(crate) async fn counted(&self, metric: &str) -> usize {
        use aws_sdk_cloudwatch::primitives::DateTime;
        use aws_sdk_cloudwatch::types::{Dimension, Statistic};
        let now_s = jiff::Timestamp::now().as_second();
        let request = client!(aws_sdk_cloudwatch).get_metric_statistics();
        let request =
            request.namespace("AWS/Lambda").metric_name(metric).period(60).statistics(Statistic::Sum);
        let dimension = Dimension::builder().name("FunctionName").value(self.function()).build();
        let request = request.dimensions(dimension);
        let request = request.start_time(DateTime::from_secs(now_s - 3600));
        let answer = request.end_time(DateTime::from_secs(now_s + 60)).send().await.unwrap();
        answer.datapoints().iter().filter_map(|point| point.sum()).sum::<f64>() as usize
    }

    /// Messages that were put aside.
    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let request = client!(sqs).receive_message().queue_url(&self.outputs["DeadLettersUrl"]);
        let answer = request.max_number_of_messages(10).visibility_timeout(0).send().await.unwrap();
        answer.messages().iter().map(|message| message.body().unwrap().to_owned()).collect()
    }

    /// Process ids of the function's execution environments, told by their environment variable.
    pub(crate) fn processes(&self) -> Vec<i32> {
        let wanted = format!("AWS_LAMBDA_FUNCTION_NAME={}", self.function());
        let is_ours = |folder: &Path| {
            let variables = std::fs::read(folder.join("environ")).unwrap_or_default();
            variables.split(|&byte| byte == 0).any(|variable| variable == wanted.as_bytes())
        };
        let folders = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        let ours = folders.filter(|folder| is_ours(folder));
        ours.filter_map(|folder| folder.file_name()?.to_str()?.parse().ok()).collect()
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = tokio::time::Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "still waiting for {what} after {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
