# The parameters of ../template.yaml. The first six are what `planner recommend --emit tfvars` writes.

variable "shape" {
  description = "queue puts SQS between SNS and the function."
  type        = string
  default     = "queue"
}

variable "reserved_concurrency" {
  description = "Copies in progress at most, 2 or more. The account keeps 100 of its concurrency unreserved."
  type        = number
}

variable "publish_rate" {
  description = "Messages per second that the publisher is to send; 0 for as fast as it can. Handed on as an output."
  type        = number
  default     = 0
}

variable "publisher_threads" {
  description = "Threads that the publisher needs for that rate. Handed on as an output."
  type        = number
  default     = 1
}

variable "part_size" {
  description = "Size of the parts of large objects, in bytes or with a unit, 5MiB to 5GiB."
  type        = string
  default     = "512MiB"
}

variable "memory_size" {
  description = "In MB. S3 does the copying, so that the least is enough."
  type        = number
  default     = 128
}

variable "source_bucket" {
  description = "Bucket to copy from."
  type        = string
}

variable "source_prefix" {
  description = "What the keys of all source objects begin with."
  type        = string
  default     = ""
}

variable "source_kms_key_arn" {
  description = "Key that the source objects are encrypted with, if any."
  type        = string
  default     = ""
}

variable "destination_bucket" {
  description = "Bucket to copy to. Give it a lifecycle rule that aborts incomplete multipart uploads."
  type        = string
}

variable "destination_prefix" {
  description = "What the keys of all copies begin with."
  type        = string
  default     = ""
}

variable "destination_kms_key_arn" {
  description = "Key that the destination bucket encrypts with by default, if any. It may be that of the source."
  type        = string
  default     = ""
}

variable "stack" {
  description = "Name of the stack, and the beginning of all names in it."
  type        = string
}

variable "zip" {
  description = "The zip that scripts/package-consumer made."
  type        = string
}

variable "code_bucket" {
  description = "Bucket for the zip."
  type        = string
}

variable "architecture" {
  description = "Of the machine that made the zip, as scripts/package-consumer says. A plan's cost is that of x86_64."
  type        = string
  default     = "x86_64"
}

variable "timeout" {
  description = "Seconds that one invocation may take."
  type        = number
  default     = 900
}

variable "multipart_above" {
  description = "Objects above this size are copied in parts. CopyObject itself ends at 5GiB."
  type        = string
  default     = "5GiB"
}

variable "parallel_parts" {
  description = "Parts of one object in progress at once."
  type        = number
  default     = 8
}

variable "queue_concurrency" {
  description = "Invocations that the queue makes at once, 2 to 1000; 0 for as many as are reserved, which then must be 2 to 1000."
  type        = number
  default     = 0
}

variable "visibility_timeout" {
  description = "Seconds until the queue hands a message out again; six times the timeout, as AWS advises."
  type        = number
  default     = 5400
}

variable "maximum_receives" {
  description = "Deliveries of a message before the queue puts it aside as a dead letter."
  type        = number
  default     = 5
}

variable "maximum_retries" {
  description = "Further tries of a direct invocation that failed. Throttled ones are tried until they are too old."
  type        = number
  default     = 2
}

variable "maximum_age" {
  description = "Seconds after which a direct invocation that was not done becomes a dead letter."
  type        = number
  default     = 21600
}

variable "objects" {
  description = "Objects copied a day. With fewer invocations an alarm goes off; 0 for no such alarm."
  type        = number
  default     = 0
}

variable "alarm_topic_arn" {
  description = "Topic that alarms go to, if any."
  type        = string
  default     = ""
}

variable "log_retention_days" {
  description = "How long the lines with the times of every copy are kept."
  type        = number
  default     = 30
}
