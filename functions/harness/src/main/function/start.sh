#!/bin/sh
# Lambda's Java runtime calls this with the command line of its own client (AWS_LAMBDA_EXEC_WRAPPER). That line may rule out
# IPv6, by which alone Lambda, ECS and Bedrock are reached in a network without NAT; and what is on it wins over all variables.
for word; do
  shift
  [ "$word" != -Djava.net.preferIPv4Stack=true ] || word=-Djava.net.preferIPv4Stack=false
  set -- "$@" "$word"
done
exec "$@"
