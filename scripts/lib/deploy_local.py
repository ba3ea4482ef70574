"""Deploys scripts/deploy/template.yaml into an emulator on this machine; called by scripts/deploy-local."""

import argparse
import json
import os
import pathlib
import time
import urllib.parse

import boto3
from botocore.config import Config

TEMPLATE = pathlib.Path(__file__).parents[1] / "deploy" / "template.yaml"
CODE_BUCKET = "planner-code"


def arguments():
    parser = argparse.ArgumentParser(prog="deploy-local")
    parser.add_argument("--stack", required=True, help="name of the stack, and the beginning of all names in it")
    parser.add_argument("--zip", required=True, help="what scripts/package-consumer made")
    parser.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE",
                        help="a further environment variable of the function, such as INJECT_FAILURES=0.3")
    parser.add_argument("parameters", nargs="*", metavar="PARAMETER=VALUE", help="parameters of the template")
    parsed = parser.parse_args()
    parsed.endpoint_url = os.environ.get("AWS_ENDPOINT_URL", "")
    if urllib.parse.urlsplit(parsed.endpoint_url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("AWS_ENDPOINT_URL names no emulator on this machine; use scripts/ministack run")
    return parsed


def pairs(texts):
    return dict(text.split("=", 1) for text in texts)


def client(service):
    return boto3.client(service, config=Config(s3={"addressing_style": "path"}))


def upload(path):
    s3 = client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    s3.upload_file(path, CODE_BUCKET, "copy-consumer.zip")


def create(stack, parameters):
    """Gives the outputs of the new stack."""
    formation = client("cloudformation")
    formation.create_stack(
        StackName=stack,
        TemplateBody=TEMPLATE.read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    while True:
        [found] = formation.describe_stacks(StackName=stack)["Stacks"]
        if found["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
        if found["StackStatus"] != "CREATE_IN_PROGRESS":
            events = formation.describe_stack_events(StackName=stack)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]]
            raise SystemExit(f"deploy-local: the stack is {found['StackStatus']}: {'; '.join(reasons)}")
        time.sleep(0.1)


def add_variables(function, variables):
    """An emulator gives functions no endpoint, and the template knows of none."""
    functions = client("lambda")
    known = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    functions.update_function_configuration(FunctionName=function, Environment={"Variables": known | variables})


def limit(function, concurrency):
    """MiniStack passes over the reservation, and keeps the queue's limit as text, with which its poller fails."""
    functions = client("lambda")
    functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=concurrency)
    for source in functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]:
        limited = int(source["ScalingConfig"]["MaximumConcurrency"])
        functions.update_event_source_mapping(UUID=source["UUID"], ScalingConfig={"MaximumConcurrency": limited})


def main():
    given = arguments()
    parameters = pairs(given.parameters)
    upload(given.zip)
    outputs = create(given.stack, {"CodeBucket": CODE_BUCKET} | parameters)
    limit(outputs["FunctionName"], int(parameters["ReservedConcurrency"]))
    add_variables(outputs["FunctionName"], {"AWS_ENDPOINT_URL": given.endpoint_url} | pairs(given.variable))
    print(json.dumps(outputs, indent=2))


main()
