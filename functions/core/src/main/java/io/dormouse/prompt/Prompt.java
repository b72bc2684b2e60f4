package io.dormouse.prompt;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One model request.
 *
 * @param body the whole JSON body of {@code POST /v1/messages}, streaming on
 */
public record Prompt(ObjectNode body) {}
