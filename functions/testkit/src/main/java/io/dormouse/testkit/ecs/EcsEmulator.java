package io.dormouse.testkit.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;

/**
 * RunTask with the rules of client tokens, DescribeTasks, ListTasks and StopTask, for one cluster and one task definition.
 * Strict about what it is sent, so that what passes here is what ECS takes.
 */
public final class EcsEmulator implements AutoCloseable {
    private static final String TARGET = "AmazonEC2ContainerServiceV20141113.";
    private static final int LONGEST_TOKEN = 64;
    /** After so many tasks the first has long ended, and its address is another's, as in a subnet. */
    private static final int LAST_BYTES = 254;

    private final HttpServer http;
    private final String cluster;
    private final String taskDefinition;
    private final String container;
    private final Image image;
    private final Path home;
    private final int net = (int) (ProcessHandle.current().pid() % 60_000);

    private final Map<String, EmulatedTask> tasks = new LinkedHashMap<>();
    private final Map<String, Token> tokens = new HashMap<>();
    private final Map<String, Deque<Fault>> faults = new HashMap<>();
    private final Deque<Fate> fates = new ArrayDeque<>();
    private final List<Request> requests = new ArrayList<>();
    private Fate usual = Fate.USUAL;
    private int started;
    /** Null for none. */
    private String linked;

    /** @param action for example {@code RunTask} */
    public record Request(String action, JsonNode body) {}

    /** A task as it is now. @param folder its files */
    public record Running(String arn, String address, Path folder) {}

    private record Token(JsonNode request, Answer answer, List<String> arns) {}

    private record Answer(int status, ObjectNode body) {}

    /**
     * @param taskDefinition ARN of a revision
     * @param home where tasks have their files
     */
    public EcsEmulator(String cluster, String taskDefinition, String container, Image image, Path home)
            throws IOException {
        this.cluster = cluster;
        this.taskDefinition = taskDefinition;
        this.container = container;
        this.image = image;
        this.home = home;
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", this::handle);
        http.start();
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
    }

    // ---- what a test does to it

    /** From now on the files of the latest task with such a tag are found beside those of all, by the tag's value. */
    public EcsEmulator linked(String tag) {
        linked = tag;
        return this;
    }

    /** The next requests of this kind, in order. */
    public synchronized void strike(String action, Fault... next) {
        faults.computeIfAbsent(action, a -> new ArrayDeque<>()).addAll(List.of(next));
    }

    /** Of the next tasks, in order; later ones meet the usual one. */
    public synchronized void destine(Fate... next) {
        fates.addAll(List.of(next));
    }

    public synchronized void usually(Fate fate) {
        usual = fate;
    }

    public synchronized List<Request> requests(String action) {
        return requests.stream().filter(r -> r.action().equals(action)).toList();
    }

    /** Tasks that have not ended. */
    public synchronized List<Running> running() {
        return tasks.values().stream()
                .filter(task -> !task.stopped())
                .map(task -> new Running(task.arn(), task.address(), task.folder()))
                .toList();
    }

    /** Whether no process of a stopped task is left: StopTask does not wait for it. */
    public synchronized boolean ended() {
        return tasks.values().stream().noneMatch(task -> task.stopped() && task.lingers());
    }

    /** Ends the task as a machine does that fails. */
    public void crash(String arn) {
        task(arn).crash();
    }

    /** The task lives and answers nobody, until it is thawed. */
    public void freeze(String arn, boolean frozen) {
        task(arn).freeze(frozen);
    }

    /** As an hour after it ended. */
    public synchronized void forget(String arn) {
        tasks.remove(arn);
    }

    private synchronized EmulatedTask task(String arn) {
        return tasks.get(arn);
    }

    @Override
    public void close() {
        http.stop(0);
        List<EmulatedTask> all;
        synchronized (this) {
            all = List.copyOf(tasks.values());
        }
        all.forEach(EmulatedTask::end);
    }

    // ---- HTTP

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
            JsonNode body = Json.MAPPER.readTree(exchange.getRequestBody().readAllBytes());
            if (target == null || !target.startsWith(TARGET)) throw new IOException("not for ECS: " + target);
            String action = target.substring(TARGET.length());
            Optional<Fault> fault = begin(action, body);
            if (fault.isPresent() && fault.get() == Fault.UNHEARD) return;
            Answer answer = fault.isEmpty() || fault.get() == Fault.UNANSWERED
                    ? answer(action, body)
                    : struck(fault.get(), body);
            if (fault.isPresent() && fault.get() == Fault.UNANSWERED) return;
            byte[] bytes = answer.body().toString().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.1");
            exchange.sendResponseHeaders(answer.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private synchronized Optional<Fault> begin(String action, JsonNode body) {
        requests.add(new Request(action, body));
        Deque<Fault> next = faults.get(action);
        return next == null ? Optional.empty() : Optional.ofNullable(next.poll());
    }

    private synchronized Answer struck(Fault fault, JsonNode body) {
        return switch (fault) {
            case CAPACITY -> {
                ObjectNode none = Json.object();
                none.putArray("tasks");
                none.putArray("failures")
                        .addObject()
                        .put(
                                "reason",
                                "Capacity is unavailable at this time. Please try again later or in a different availability zone");
                Answer answer = new Answer(200, none);
                // A request that was answered is answered again as it was.
                if (body.has("clientToken"))
                    tokens.put(body.path("clientToken").asText(), new Token(body, answer, List.of()));
                yield answer;
            }
            case LIMIT ->
                error("ClientException", "You've reached the limit on the number of vCPUs you can run concurrently");
            case DENIED ->
                error("AccessDeniedException", "User: arn:aws:sts::000000000000:assumed-role/brain is not authorized");
            case THROTTLED -> error("ThrottlingException", "Rate exceeded");
            case BROKEN ->
                new Answer(500, error("ServerException", "Service Unavailable").body());
            case UNHEARD, UNANSWERED -> throw new IllegalStateException("not an answer: " + fault);
        };
    }

    private static Answer error(String code, String message) {
        return new Answer(400, Json.object().put("__type", code).put("message", message));
    }

    private static Answer invalid(String message) {
        return error("InvalidParameterException", message);
    }

    // ---- actions

    private synchronized Answer answer(String action, JsonNode body) {
        if (!body.path("cluster").asText().equals(cluster))
            return error("ClusterNotFoundException", "Cluster not found.");
        return switch (action) {
            case "RunTask" -> runTask(body);
            case "DescribeTasks" -> describeTasks(body);
            case "ListTasks" -> listTasks(body);
            case "StopTask" -> stopTask(body);
            default -> error("UnknownOperationException", action);
        };
    }

    private Answer runTask(JsonNode body) {
        String token = body.path("clientToken").asText();
        Token earlier = tokens.get(token);
        if (earlier != null && !earlier.request().equals(body)) {
            Answer conflict = error("ConflictException", "The provided clientToken is already in use.");
            earlier.arns().forEach(conflict.body().putArray("resourceIds")::add);
            return conflict;
        }
        if (earlier != null) return earlier.answer();
        Optional<String> wrong = wrong(body, token);
        if (wrong.isPresent()) return invalid(wrong.get());
        String id = UUID.randomUUID().toString().replace("-", "");
        int number = 1 + started % LAST_BYTES;
        String address = "127." + (64 + net / 256 % 128) + "." + net % 256 + "." + number;
        EmulatedTask task = new EmulatedTask(
                "arn:aws:ecs:us-east-1:000000000000:task/hands/" + id,
                address,
                body,
                image,
                // Short: the path of a socket has a hundred bytes.
                home.resolve("t" + ++started));
        tasks.put(task.arn(), task);
        link(task, body.path("tags"));
        ObjectNode accepted = Json.object();
        accepted.putArray("tasks").add(task.json(true));
        accepted.putArray("failures");
        Answer answer = new Answer(200, accepted);
        tokens.put(token, new Token(body, answer, List.of(task.arn())));
        task.meet(fates.isEmpty() ? usual : fates.poll());
        return answer;
    }

    private void link(EmulatedTask task, JsonNode tags) {
        for (JsonNode tag : tags)
            if (tag.path("key").asText().equals(linked))
                try {
                    Path link = home.resolve(tag.path("value").asText());
                    Files.deleteIfExists(link);
                    Files.createSymbolicLink(link, task.folder());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
    }

    /** By its name alone a family stands for the latest of its revisions. */
    private boolean isFamily(String name) {
        return taskDefinition.contains("/" + name + ":");
    }

    private Optional<String> wrong(JsonNode body, String token) {
        JsonNode network = body.at("/networkConfiguration/awsvpcConfiguration");
        String asked = body.path("taskDefinition").asText();
        if (!asked.equals(taskDefinition) && !isFamily(asked)) return Optional.of("TaskDefinition is not known");
        if (token.isEmpty() || token.length() > LONGEST_TOKEN || !token.matches("[!-~]+"))
            return Optional.of("clientToken is not one");
        if (!"FARGATE".equals(body.path("launchType").asText())) return Optional.of("Unsupported launch type");
        if (network.path("subnets").isEmpty() || network.path("securityGroups").isEmpty())
            return Optional.of("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
        if (!"DISABLED".equals(network.path("assignPublicIp").asText()))
            return Optional.of("a hand has no public address");
        if (body.path("overrides").has("taskRoleArn")) return Optional.of("a hand has no role");
        for (JsonNode each : body.path("overrides").path("containerOverrides"))
            if (!each.path("name").asText().equals(container))
                return Optional.of("Override for container named " + each.path("name")
                        + " is not a container in the TaskDefinition.");
        for (JsonNode tag : body.path("tags"))
            if (!tag.path("value").asText().matches("[\\p{L}\\p{N}\\s_.:/=+\\-@]{0,256}"))
                return Optional.of("a tag's value has characters that none may have");
        return Optional.empty();
    }

    private Answer describeTasks(JsonNode body) {
        ObjectNode found = Json.object();
        ArrayNode list = found.putArray("tasks");
        ArrayNode failures = found.putArray("failures");
        boolean tags = false;
        for (JsonNode include : body.path("include")) tags |= "TAGS".equals(include.asText());
        for (JsonNode arn : body.path("tasks")) {
            EmulatedTask task = tasks.get(arn.asText());
            if (task == null) failures.addObject().put("arn", arn.asText()).put("reason", "MISSING");
            else list.add(task.json(tags));
        }
        return new Answer(200, found);
    }

    /** Of a family, or all; two a page, so that nobody forgets the next one. */
    private Answer listTasks(JsonNode body) {
        String family = body.path("family").asText();
        List<String> all = family.isEmpty() || isFamily(family)
                ? tasks.values().stream()
                        .filter(task -> !task.stopped())
                        .map(EmulatedTask::arn)
                        .toList()
                : List.of();
        int from = body.path("nextToken").asInt(0);
        ObjectNode page = Json.object();
        ArrayNode arns = page.putArray("taskArns");
        all.subList(Math.min(from, all.size()), Math.min(from + 2, all.size())).forEach(arns::add);
        if (from + 2 < all.size()) page.put("nextToken", Integer.toString(from + 2));
        return new Answer(200, page);
    }

    private Answer stopTask(JsonNode body) {
        EmulatedTask task = tasks.get(body.path("task").asText());
        if (task == null) return invalid("The referenced task was not found.");
        task.stop(body.path("reason").asText());
        ObjectNode stopped = Json.object();
        stopped.set("task", task.json(false));
        return new Answer(200, stopped);
    }
}
