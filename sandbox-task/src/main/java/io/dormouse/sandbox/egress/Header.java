package io.dormouse.sandbox.egress;

import java.util.List;

/** One header field, its name as it was written. */
record Header(String name, String value) {

    boolean is(String other) {
        return name.equalsIgnoreCase(other);
    }

    /** The values of every field of that name, in order. */
    static List<String> values(List<Header> headers, String name) {
        return headers.stream().filter(each -> each.is(name)).map(Header::value).toList();
    }
}
