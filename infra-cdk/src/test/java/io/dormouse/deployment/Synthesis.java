package io.dormouse.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.cdklabs.cdknag.AwsSolutionsChecks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.Aspects;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.cxapi.CloudAssembly;
import software.amazon.awscdk.cxapi.CloudFormationStackArtifact;

/** A deployment as templates, made once for each choice of parameters: making one takes seconds. */
public final class Synthesis {
    static final Environment ANYWHERE = Environment.builder().build();
    static final Environment SOMEWHERE =
            Environment.builder().account("111122223333").region("eu-west-1").build();

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Synthesis> MADE = new ConcurrentHashMap<>();
    private static final String IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/dormouse/hand:1";

    private final Map<String, JsonNode> templates = new LinkedHashMap<>();
    private final List<String> findings = new ArrayList<>();

    private Synthesis(Map<String, String> parameters, Environment environment, Path room) throws IOException {
        Artifacts artifacts = Artifacts.placeholders(room);
        App app = new App(AppProps.builder()
                .outdir(room.resolve("out").toString())
                .analyticsReporting(false)
                .build());
        new Deployment(app, Parameters.of(parameters), artifacts, environment);
        Aspects.of(app).add(AwsSolutionsChecks.Builder.create().verbose(true).build());
        CloudAssembly assembly = app.synth();
        for (CloudFormationStackArtifact stack : assembly.getStacks()) {
            templates.put(
                    stack.getId(),
                    JSON.readTree(Path.of(stack.getTemplateFullPath()).toFile()));
            findings(Path.of(assembly.getDirectory()), stack.getId());
        }
    }

    /** Warnings and errors, which the assembly keeps in its manifest or beside it. */
    private void findings(Path directory, String stack) throws IOException {
        JsonNode artifact = JSON.readTree(directory.resolve("manifest.json").toFile())
                .path("artifacts")
                .path(stack);
        List<JsonNode> places = new ArrayList<>(List.of(artifact.path("metadata")));
        String beside = artifact.path("additionalMetadataFile").asText();
        if (!beside.isEmpty())
            places.add(JSON.readTree(directory.resolve(beside).toFile()));
        for (JsonNode place : places)
            place.properties().forEach(entry -> entry.getValue().forEach(message -> {
                String type = message.path("type").asText();
                if (type.equals("aws:cdk:error") || type.equals("aws:cdk:warning"))
                    findings.add(entry.getKey() + ": "
                            + message.path("data").asText().strip());
            }));
    }

    /** As {@code ./dormouse deploy KEY=VALUE …} would, with an image that needs no Docker. */
    public static Synthesis of(String... parameters) {
        return in(ANYWHERE, parameters);
    }

    static Synthesis in(Environment environment, String... parameters) {
        return MADE.computeIfAbsent(String.join(" ", parameters) + environment.getRegion(), key -> {
            Map<String, String> given = new LinkedHashMap<>(Map.of("sandboxImage", IMAGE));
            given.putAll(Parameters.parse(List.of(parameters)));
            try {
                Path room = Files.createTempDirectory("dormouse-synthesis");
                try {
                    return new Synthesis(given, environment, room);
                } finally {
                    delete(room);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void delete(Path room) throws IOException {
        try (Stream<Path> all = Files.walk(room)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    /** A resource with the names that the templates have for it. */
    public record Resource(String zone, String id, String type, JsonNode properties, JsonNode whole) {
        @Override
        public String toString() {
            return zone + "/" + id;
        }
    }

    public List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        templates.forEach(
                (zone, template) -> template.path("Resources").properties().forEach(entry -> {
                    JsonNode whole = entry.getValue();
                    all.add(new Resource(
                            zone, entry.getKey(), whole.path("Type").asText(), whole.path("Properties"), whole));
                }));
        return all;
    }

    /** What other stacks may import of this one, in the order of its names. */
    Map<String, JsonNode> exports(String zone) {
        Map<String, JsonNode> exports = new TreeMap<>();
        templates.get(zone).path("Outputs").forEach(output -> {
            if (output.has("Export")) exports.put(output.path("Export").toString(), output.path("Value"));
        });
        return exports;
    }

    public List<Resource> all(String type) {
        return resources().stream().filter(r -> r.type().equals(type)).toList();
    }

    Resource one(String type, String idPrefix) {
        List<Resource> found =
                all(type).stream().filter(r -> r.id().startsWith(idPrefix)).toList();
        if (found.size() != 1) throw new AssertionError(type + " " + idPrefix + "…: " + found);
        return found.getFirst();
    }

    Map<String, JsonNode> templates() {
        return templates;
    }

    /** What the CDK and cdk-nag say, as {@code path: text}. */
    List<String> findings() {
        return findings;
    }
}
