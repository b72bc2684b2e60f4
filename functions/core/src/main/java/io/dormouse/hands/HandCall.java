package io.dormouse.hands;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** @param id the key: a hand runs it once and answers it for ever with the same result */
public record HandCall(String id, String name, ObjectNode input) {}
