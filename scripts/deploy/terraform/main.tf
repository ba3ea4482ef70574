# The same deployment for those who use Terraform: uploads the zip and keeps the CloudFormation stack.

terraform {
  required_version = ">= 1.3"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

resource "aws_s3_object" "code" {
  bucket      = var.code_bucket
  key         = "copy-consumer-${filesha256(var.zip)}.zip"
  source      = var.zip
  source_hash = filesha256(var.zip)
}

resource "aws_cloudformation_stack" "fan_out" {
  name          = var.stack
  template_body = file("${path.module}/../template.yaml")
  capabilities  = ["CAPABILITY_IAM"]

  parameters = {
    Shape                = var.shape
    ReservedConcurrency  = var.reserved_concurrency
    PublishRate          = var.publish_rate
    PublisherThreads     = var.publisher_threads
    PartSize             = var.part_size
    MemorySize           = var.memory_size
    SourceBucket         = var.source_bucket
    SourcePrefix         = var.source_prefix
    SourceKmsKeyArn      = var.source_kms_key_arn
    DestinationBucket    = var.destination_bucket
    DestinationPrefix    = var.destination_prefix
    DestinationKmsKeyArn = var.destination_kms_key_arn
    CodeBucket           = aws_s3_object.code.bucket
    CodeKey              = aws_s3_object.code.key
    Architecture         = var.architecture
    Timeout              = var.timeout
    MultipartAbove       = var.multipart_above
    ParallelParts        = var.parallel_parts
    QueueConcurrency     = var.queue_concurrency
    VisibilityTimeout    = var.visibility_timeout
    MaximumReceives      = var.maximum_receives
    MaximumRetries       = var.maximum_retries
    MaximumAge           = var.maximum_age
    Objects              = var.objects
    AlarmTopicArn        = var.alarm_topic_arn
    LogRetentionDays     = var.log_retention_days
  }
}

output "stack" {
  description = "TopicArn, FunctionName, QueueUrl and the other outputs of the stack."
  value       = aws_cloudformation_stack.fan_out.outputs
}
