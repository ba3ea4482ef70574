//! What is checked before anything is written, and what a real account needs besides.

use aws_sdk_s3::Client as S3;
use aws_sdk_sns::Client as Sns;

use super::clients::Clients;
use super::reply::explain;
use super::target_error::TargetError;

/// Whether a bucket is there.
///
/// # Errors
/// Where it is forbidden, in another region or cannot be reached.
pub async fn find_bucket(s3: &S3, bucket: &str) -> Result<bool, TargetError> {
    match s3.head_bucket().bucket(bucket).send().await {
        Ok(_) => Ok(true),
        // HEAD answers have no body, so the code may be missing: the status says it all.
        Err(error) => match error.raw_response().map(|answer| answer.status().as_u16()) {
            Some(404) => Ok(false),
            Some(403) => Err(TargetError::new(format!("failed to use bucket {bucket}"), "access denied")
                .help("check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")),
            Some(301) => {
                Err(TargetError::new(format!("failed to use bucket {bucket}"), "it is in another region")
                    .help("set target.region or AWS_REGION"))
            }
            _ => Err(explain(format!("failed to reach bucket {bucket}"), &error)),
        },
    }
}

/// Checks that a bucket is there and may be used.
///
/// # Errors
/// Where it is missing, forbidden or cannot be reached.
pub async fn check_bucket(s3: &S3, bucket: &str) -> Result<(), TargetError> {
    if find_bucket(s3, bucket).await? {
        return Ok(());
    }
    Err(TargetError::new(format!("failed to use bucket {bucket}"), "it does not exist")
        .help("name an existing bucket under [target], or set objects.prepare = true for an endpoint target"))
}

/// Makes a bucket.
///
/// # Errors
/// Where it cannot be made.
pub async fn create_bucket(s3: &S3, bucket: &str) -> Result<(), TargetError> {
    match s3.create_bucket().bucket(bucket).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_bucket_already_owned_by_you()) =>
        {
            Ok(())
        }
        Err(error) => Err(explain(format!("failed to create bucket {bucket}"), &error)),
    }
}

/// The ARN of a topic given by name or ARN, None where there is no such topic.
///
/// # Errors
/// Where topics cannot be listed.
pub async fn find_topic(sns: &Sns, topic: &str) -> Result<Option<String>, TargetError> {
    let mut pages = sns.list_topics().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| explain("failed to list topics", &error))?;
        let arns = page.topics().iter().filter_map(|topic| topic.topic_arn());
        if let Some(arn) = arns.into_iter().find(|arn| *arn == topic || arn.rsplit(':').next() == Some(topic))
        {
            return Ok(Some(arn.to_owned()));
        }
    }
    Ok(None)
}

/// The account that the credentials belong to.
///
/// # Errors
/// Where there are no credentials or STS refuses them.
pub async fn account(clients: &Clients) -> Result<String, TargetError> {
    let answer = clients.sts.get_caller_identity().send().await;
    let answer = answer.map_err(|error| explain("failed to ask STS which account this is", &error))?;
    Ok(answer.account().unwrap_or_default().to_owned())
}
