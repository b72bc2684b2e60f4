#!/bin/sh
# Lambda's Java runtime calls this with the command line of its own client (AWS_LAMBDA_EXEC_WRAPPER), whose Java is used
# and whose client is not: it cannot stream.
exec "$1" -XX:+UseSerialGC -cp "$LAMBDA_TASK_ROOT:$LAMBDA_TASK_ROOT/lib/*" io.dormouse.proxy.function.Main
