package io.dormouse.local.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Wakes functions so often, each a second of a processor, that it runs on them only when it is asked for:
 * {@code -Dfunctions.excluded='first-store-only | one-process'}. Otherwise on a suite that is one process, on either store. The
 * value says what it is about.
 */
@Tag("many-wakes")
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@interface ManyWakes {
    String value();
}
