package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Context;
import io.dormouse.session.Conversation;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Tokens;
import io.dormouse.session.Usage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A request for a summary of the history, and what becomes of it. The request is the one that the model would get next, with
 * an instruction at its end: so it is read from the cache. For the same reason it does not switch tools off: that is another
 * prefix. Only a model that answers with a call is asked again so.
 *
 * @param prompt the request
 * @param base where the summary may end: what stands behind it stays word for word
 * @param kept what stays word for word of what stands before it
 * @param tokens of the prompt that this leaves, but for the summary; estimated
 * @param scale real tokens for one of the estimate
 */
public record Compaction(Prompt prompt, long base, List<Posted> kept, long tokens, double scale) {
    /** The text with which every such request ends. */
    public static final String INSTRUCTION = """
            The conversation is close to the end of your context window. Write a summary that will stand for it from now on: \
            you will go on with nothing but the summary, the latest messages and your instructions. Do not call any tool and \
            do not go on with the work in this reply. Write down, between <summary> and </summary>: what the user wants, with \
            every requirement and constraint in the user's own words where they matter; what was decided and why; what was \
            done, with the exact names, paths, commands, ids and values that are still needed; what was found out, errors \
            included; the state that things are in; and what is to be done next. If the conversation begins with an earlier \
            summary, carry over what still matters from it.""";

    /** Of the limit, for what stays word for word behind the summary: less where that did not help before. */
    private static final int[] TAIL_PERCENT = {15, 5, 0};

    /** Of the limit, for messages that are kept from before it. */
    private static final int KEPT_PERCENT = 25;

    /** An estimate may be wrong by so much. */
    private static final double ROOM = 0.95;

    private static final double TIGHTER = 0.6;

    public static Compaction of(AgentSpec agent, Transcript transcript, Catalog catalog, Context context) {
        String model = agent.modelId();
        Prompt next = Prompt.of(agent, transcript, catalog);
        long fixed = Tokens.of(next.body()) - Tokens.of(next.body().path("messages"));
        long estimate = fixed + transcript.tokens();
        double scale = context.tokens() >= Context.FULL
                ? 1
                : Math.clamp((double) context.tokens() / Math.max(1, estimate), 0.3, 2);
        long limit = (long) (catalog.contextLimit(model) / scale);

        Transcript.Cut cut = cut(transcript, limit * TAIL_PERCENT[Math.min(context.attempts(), 2)] / 100);
        List<Posted> kept = kept(transcript.said(cut.position()), limit * KEPT_PERCENT / 100);
        long left = fixed + transcript.tokens() - cut.tokens() + Tokens.of(kept);

        double room =
                (catalog.window(model) - catalog.replyTokens(model)) * ROOM / scale - fixed - Tokens.of(INSTRUCTION);
        boolean plainer = context.tighter() > 0;
        // What was sent before was too long, whatever the estimate said.
        if (plainer) room = Math.min(room, transcript.tokens()) * Math.pow(TIGHTER, context.tighter());
        Prompt whole = transcript.tokens() <= room
                ? next
                : Prompt.of(agent, Shortened.messages(transcript.messages(), (long) room), catalog);
        return new Compaction(asking(whole, plainer), cut.position(), kept, (long) (left * scale), scale);
    }

    /** The first cut that leaves no more than this behind it, and more before it than the last summary; else the last. */
    private static Transcript.Cut cut(Transcript transcript, long tail) {
        List<Transcript.Cut> cuts = transcript.cuts();
        for (Transcript.Cut cut : cuts.subList(Math.min(1, cuts.size()), cuts.size()))
            if (transcript.tokens() - cut.tokens() <= tail) return cut;
        return cuts.isEmpty() ? new Transcript.Cut(transcript.position(), transcript.tokens()) : cuts.getLast();
    }

    /** What the user said last, in any case; then what system messages say, and what else the user said, while there is room. */
    private static List<Posted> kept(List<Posted> said, long room) {
        List<Posted> users = new ArrayList<>();
        List<Posted> wanted = new ArrayList<>();
        for (Posted posted : said.reversed())
            (posted.input() instanceof Input.UserMessage ? users : wanted).add(posted);
        wanted.addAll(users);
        Set<Posted> kept = new HashSet<>();
        if (!users.isEmpty()) kept.add(users.getFirst());
        long left = room - Tokens.of(List.copyOf(kept));
        for (Posted posted : wanted) {
            long tokens = Tokens.of(List.of(posted));
            if (tokens > left || !kept.add(posted)) continue;
            left -= tokens;
        }
        return said.stream().filter(kept::contains).toList();
    }

    /** The instruction stands behind what the user says last; the marks of the cache stay where they are without it. */
    private static Prompt asking(Prompt next, boolean plainer) {
        ObjectNode body = next.body();
        ArrayNode messages = (ArrayNode) body.get("messages");
        JsonNode instruction = Json.object().put("type", "text").put("text", INSTRUCTION);
        int last = messages.size() - 1;
        while (last > 0 && messages.get(last).path("role").asText().equals("system")) last--;
        if (last >= 0 && messages.get(last).path("role").asText().equals("user")) {
            ObjectNode message = Json.object().put("role", "user");
            message.putArray("content")
                    .addAll((ArrayNode) messages.get(last).path("content"))
                    .add(instruction);
            messages.set(last, message);
        } else messages.addObject().put("role", "user").putArray("content").add(instruction);
        if (plainer && body.has("tools")) body.putObject("tool_choice").put("type", "none");
        return next;
    }

    /** Whether a request is for a summary. For whoever plays the model. */
    public static boolean asks(Prompt prompt) {
        JsonNode messages = prompt.body().path("messages");
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).path("role").asText().equals("system")) continue;
            JsonNode content = messages.get(i).path("content");
            return content.path(content.size() - 1).path("text").asText().equals(INSTRUCTION);
        }
        return false;
    }

    /** What the reply has of a summary; null when it has none. */
    public static String summary(Model.Reply.Complete reply) {
        if ("refusal".equals(reply.stopReason())) return null;
        StringBuilder text = new StringBuilder();
        boolean calls = false;
        for (ObjectNode block : reply.content()) {
            String type = block.path("type").asText();
            if (type.equals("text")) text.append(block.path("text").asText());
            calls |= type.equals("tool_use");
        }
        int begin = text.indexOf("<summary>");
        // Words around a call are not a summary.
        if (begin < 0 && calls) return null;
        int from = begin < 0 ? 0 : begin + "<summary>".length();
        int end = text.lastIndexOf("</summary>");
        String summary = text.substring(from, end < from ? text.length() : end).strip();
        return summary.isEmpty() ? null : summary;
    }

    /**
     * What the log is to say.
     *
     * @param before what it says so far
     * @param spill puts large content elsewhere
     */
    public Fact.Compacted fact(
            EventId asked, String summary, Usage usage, Conversation before, UnaryOperator<JsonNode> spill) {
        long left = tokens + (long) (Tokens.of(told(summary)) * scale);
        return new Fact.Compacted(asked, base, summary, kept, left, usage, before.checkpoint(spill));
    }

    /** The summary as the model reads it later, in place of what it stands for. */
    static ObjectNode told(String summary) {
        return Json.object()
                .put("type", "text")
                .put(
                        "text",
                        "The beginning of this conversation does not fit any more. This summary of it stands in its place; "
                                + "what follows it is word for word.\n\n<summary>\n" + summary + "\n</summary>");
    }
}
