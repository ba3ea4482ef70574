//! The Lambda function `copy_consumer`: copies the objects that messages name.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    planner::consumer::run().await
}
