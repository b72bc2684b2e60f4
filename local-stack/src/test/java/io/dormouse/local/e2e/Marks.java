package io.dormouse.local.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages that hold marks, {@code say m1} or {@code do m2 m3}, and a model that deals with each mark exactly once, whatever
 * is asked again: it writes those to be done into a file, by a call of {@code bash} each, and then says all of them. It
 * knows what it has done only from the prompt, as a model does.
 */
final class Marks {
    static final String FILE = "marks";

    private static final Pattern MESSAGE = Pattern.compile("(say|do)((?: m\\d+)+)");
    private static final Pattern MARK = Pattern.compile("m\\d+");

    private Marks() {}

    static String say(String mark) {
        return "say " + mark;
    }

    static String tool(List<String> marks) {
        return "do " + String.join(" ", marks);
    }

    static Set<String> in(String text) {
        Set<String> marks = new LinkedHashSet<>();
        Matcher matcher = MARK.matcher(text);
        while (matcher.find()) marks.add(matcher.group());
        return marks;
    }

    /** How the model replies. The time that it takes, and the commands, follow from the marks. */
    static Script reply(Request request) {
        Set<String> toSay = new LinkedHashSet<>();
        Set<String> toDo = new LinkedHashSet<>();
        for (JsonNode message : request.json().path("messages")) {
            boolean user = message.path("role").asText().equals("user");
            for (JsonNode block : message.path("content")) {
                String text = block.path("text").asText();
                switch (block.path("type").asText()) {
                    case "text" -> {
                        if (user) asked(text, toSay, toDo);
                        else in(text).forEach(toSay::remove);
                    }
                    case "tool_use" -> in(block.path("input").toString()).forEach(toDo::remove);
                    default -> {}
                }
            }
        }
        if (toSay.isEmpty()) return Script.text("There is nothing left to say.");
        Random random = new Random(String.join(" ", toSay).hashCode());
        if (toDo.isEmpty())
            return timed(
                    Script.text("This was " + String.join(" ", toSay) + ", and that is all there is to it."), random);
        Script script = Script.reply();
        for (String mark : toDo)
            script.thenToolUse(
                    "toolu_" + mark,
                    "bash",
                    Brain.input("command", command(mark, random)).toString());
        return timed(script, random);
    }

    private static Script timed(Script script, Random random) {
        return script.delays(Duration.ofMillis(random.nextInt(120)), Duration.ofMillis(random.nextInt(20)));
    }

    private static void asked(String text, Set<String> toSay, Set<String> toDo) {
        Matcher matcher = MESSAGE.matcher(text);
        while (matcher.find()) {
            List<String> marks = new ArrayList<>(in(matcher.group(2)));
            toSay.addAll(marks);
            if (matcher.group(1).equals("do")) toDo.addAll(marks);
        }
    }

    private static String command(String mark, Random random) {
        String append = "echo " + mark + " >> " + FILE;
        String pause = "sleep 0." + random.nextInt(4);
        return switch (random.nextInt(3)) {
            case 0 -> append;
            case 1 -> append + "; " + pause;
            default -> pause + "; " + append;
        };
    }
}
