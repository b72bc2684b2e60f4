#!/bin/sh
# What the AWS Lambda Web Adapter starts: a plain HTTP server on DORMOUSE_PORT.
cd "$(dirname "$0")"
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxRAMPercentage=60 -Xss512k -jar quarkus-run.jar
