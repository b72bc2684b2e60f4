"""Lets a request with a valid API key pass. The format of keys is that of io.dormouse.edge.ApiKeys; a test compares."""
import hashlib
import os
import zlib

import boto3
from botocore.config import Config

TABLE = os.environ["DORMOUSE_TABLE"]
PLAN_KEY = os.environ["DORMOUSE_PLAN_KEY"]
PREFIX = "dm_"
LENGTH = 3 + 8 + 1 + 43 + 1 + 8

dynamo = boto3.client("dynamodb", config=Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 3}))


def check(event, context):
    key = presented(event.get("headers") or {})
    if key is None or malformed(key) or not 16 <= len(key) <= 512:
        raise Exception("Unauthorized")
    digest = hashlib.sha256(key.encode()).hexdigest()
    # Strong: a key works as soon as it is made, and ends as soon as it is revoked.
    item = dynamo.get_item(
        TableName=TABLE,
        Key={"pk": {"S": "W#_system#api_key"}, "sk": {"S": digest}},
        ConsistentRead=True,
        ProjectionExpression="sk, archived",
    ).get("Item")
    if item is None or "archived" in item:
        raise Exception("Unauthorized")
    return {
        # What may be shown of a key, for the access log.
        "principalId": key[3:11] if key.startswith(PREFIX) else digest[:8],
        "usageIdentifierKey": PLAN_KEY,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}],
        },
    }


def presented(headers):
    given = {name.lower(): value for name, value in headers.items() if value}
    key = given.get("x-api-key", "").strip()
    if key:
        return key
    authorization = given.get("authorization", "")
    return authorization[7:].strip() if authorization[:7].lower() == "bearer " else None


def malformed(key):
    if not key.startswith(PREFIX):
        return False
    text, checksum = key[:-9], key[-9:]
    return len(key) != LENGTH or checksum != "_%08x" % zlib.crc32(text.encode())
