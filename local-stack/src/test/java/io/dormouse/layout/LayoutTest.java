package io.dormouse.layout;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layout is a promise: the module graph is the trust graph, packages are features, the core is pure. */
class LayoutTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** What each module may use of ours, beside itself. */
    private static final Map<String, Set<String>> MODULES = Map.of(
            "functions/core", Set.of(),
            "functions/aws", Set.of("functions/core"),
            "functions/testkit", Set.of("functions/core"),
            "functions/api", Set.of("functions/core", "functions/aws"),
            "functions/harness", Set.of("functions/core", "functions/aws"),
            "functions/credential-proxy", Set.of("functions/core", "functions/aws"),
            "sandbox-task", Set.of(),
            "local-stack",
                    Set.of(
                            "functions/core",
                            "functions/aws",
                            "functions/api",
                            "functions/harness",
                            "functions/credential-proxy"));

    /** Uses nothing of ours and is used by nothing, and is not built where only the suite is: its sources are looked at. */
    private static final String DEPLOYMENT = "infra-cdk";

    private static final Set<String> LAYER_NAMES = Set.of(
            "util",
            "utils",
            "common",
            "impl",
            "manager",
            "service",
            "services",
            "helper",
            "helpers",
            "model",
            "models",
            "dto",
            "exception",
            "exceptions");

    private static final Map<String, JavaClasses> CLASSES = new HashMap<>();

    private static JavaClasses classes(String module) {
        return CLASSES.computeIfAbsent(module, each -> {
            Path folder = ROOT.resolve(each).resolve("target/classes");
            assertThat(folder).isDirectory();
            return new ClassFileImporter().importPath(folder);
        });
    }

    @Test
    void modules_use_only_what_the_trust_graph_allows() {
        Map<String, String> owner = new HashMap<>();
        MODULES.keySet().forEach(module -> classes(module).forEach(c -> owner.put(c.getName(), module)));
        List<String> wrong = new ArrayList<>();
        for (String module : MODULES.keySet())
            for (JavaClass c : classes(module))
                for (Dependency dependency : c.getDirectDependenciesFromSelf()) {
                    String target = owner.get(
                            dependency.getTargetClass().getBaseComponentType().getName());
                    if (target != null
                            && !target.equals(module)
                            && !MODULES.get(module).contains(target)) wrong.add(dependency.getDescription());
                }
        assertThat(wrong).isEmpty();
    }

    @Test
    void only_the_credential_proxy_touches_secrets() {
        for (String module : MODULES.keySet())
            if (!module.equals("functions/credential-proxy"))
                noClasses()
                        .should()
                        .dependOnClassesThat()
                        .haveNameMatching(
                                "software\\.amazon\\.awssdk\\.services\\.secretsmanager\\..*"
                                        + "|io\\.dormouse\\.proxy\\.(Secret|Key(\\$.*)?)|io\\.dormouse\\.secrets\\.(Material|Bundle)")
                        .check(classes(module));
    }

    /** What decides about secrets is put together with stores of AWS in one package, and knows none of them. */
    @Test
    void of_the_credential_proxy_only_its_function_sees_aws() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.dormouse.proxy.function..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.dormouse.aws..")
                .check(classes("functions/credential-proxy"));
    }

    @Test
    void the_core_has_no_clock_no_chance_no_network_no_files_and_no_framework() {
        JavaClasses core = classes("functions/core");
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideOutsideOfPackages("java..", "com.fasterxml.jackson..", "io.dormouse..")
                .check(core);
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net..", "java.nio.file..", "java.nio.channels..", "java.sql..")
                .check(core);
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.(Random|UUID|Timer)|java\\.util\\.concurrent\\.ThreadLocalRandom"
                        + "|java\\.security\\.SecureRandom|java\\.time\\.Clock|java\\.lang\\.Thread")
                .check(core);
        noClasses().should().callMethod(Instant.class, "now").check(core);
        noClasses().should().callMethod(System.class, "currentTimeMillis").check(core);
        noClasses().should().callMethod(System.class, "nanoTime").check(core);
        noClasses().should().callMethod(Math.class, "random").check(core);
    }

    /** All processes of a function may go on from one snapshot: a generator that was seeded in it draws the same in all of them. */
    @Test
    void what_a_snapshot_may_hold_is_no_seeded_generator() {
        for (String module : List.of("functions/core", "functions/aws", "functions/harness")) {
            JavaClasses all = classes(module);
            noClasses()
                    .should()
                    .dependOnClassesThat()
                    .haveNameMatching("java\\.util\\.(Random|SplittableRandom|concurrent\\.ThreadLocalRandom)"
                            + "|java\\.util\\.random\\.RandomGeneratorFactory")
                    .check(all);
            noClasses().should().callMethod(Math.class, "random").check(all);
            noClasses().should().callMethod(UUID.class, "randomUUID").check(all);
            noFields()
                    .that()
                    .areStatic()
                    .should()
                    .haveRawType(JavaClass.Predicates.assignableTo(RandomGenerator.class))
                    .check(all);
        }
    }

    @Test
    void packages_of_a_module_do_not_form_circles() {
        for (String module : MODULES.keySet())
            SlicesRuleDefinition.slices()
                    .matching("io.dormouse.(**)")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(classes(module));
    }

    @Test
    void packages_are_named_for_features_and_say_what_they_own() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path folder : packages()) {
            Path info = folder.resolve("package-info.java");
            if (!Files.exists(info)) wrong.add(folder + " has no package-info.java");
            else if (Files.readAllLines(info).size() > 10) wrong.add(info + " has more than ten lines");
            for (Path part : ROOT.relativize(folder))
                if (LAYER_NAMES.contains(part.toString())) wrong.add(folder + " is named for a layer");
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void classes_have_names_of_things() {
        Pattern empty = Pattern.compile(".*(Impl|Manager|Helper|Util|Utils|Service|Dto)");
        List<String> wrong = new ArrayList<>();
        for (String module : MODULES.keySet())
            for (JavaClass c : classes(module))
                if (empty.matcher(c.getSimpleName()).matches()) wrong.add(c.getName());
        assertThat(wrong).isEmpty();
    }

    @Test
    void a_source_file_is_one_thing() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path source : sources()) {
            long lines = Files.readAllLines(source).size();
            if (lines > 400) wrong.add(source + " has " + lines + " lines");
        }
        assertThat(wrong).isEmpty();
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module :
                Stream.concat(MODULES.keySet().stream(), Stream.of(DEPLOYMENT)).toList())
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        assertThat(sources).hasSizeGreaterThan(50);
        return sources;
    }

    private static Set<Path> packages() throws IOException {
        Set<Path> packages = new HashSet<>();
        for (Path source : sources()) packages.add(source.getParent());
        return packages;
    }
}
