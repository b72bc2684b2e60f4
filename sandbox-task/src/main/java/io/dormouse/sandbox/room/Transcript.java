package io.dormouse.sandbox.room;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns the captured output of a command into the text for the model. */
final class Transcript {
    /** bash says this after a command died of a signal, because no room has a terminal. */
    private static final Pattern TERMINAL_NOISE =
            Pattern.compile("bash: \\[\\d+: \\d+ \\(\\d+\\)\\] tcsetattr: Inappropriate ioctl for device\n");

    /** What an interactive bash says when it goes. */
    private static final String FAREWELL = "exit\n";

    private Transcript() {}

    /** The text without what bash itself added; when it is not all there was, that comes first. */
    static String of(Tail.Output output) {
        Matcher noise = TERMINAL_NOISE.matcher(output.text());
        int noiseBytes = 0;
        while (noise.find()) {
            noiseBytes += noise.end() - noise.start(); // ASCII only
        }
        String text = noiseBytes == 0 ? output.text() : noise.replaceAll("");
        boolean cut = output.totalBytes() > output.keptBytes();
        return cut
                ? "[output cut: the last " + (output.keptBytes() - noiseBytes) + " of "
                        + (output.totalBytes() - noiseBytes) + " bytes]\n" + text
                : text;
    }

    static String withoutFarewell(Tail.Output output) {
        String text = of(output);
        boolean said = text.equals(FAREWELL) || text.endsWith("\n" + FAREWELL);
        return said ? text.substring(0, text.length() - FAREWELL.length()) : text;
    }
}
