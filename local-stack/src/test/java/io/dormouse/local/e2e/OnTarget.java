package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

/** One target for all attacks. At their end it is searched for canaries, and what came of it is said in one line. */
final class OnTarget
        implements BeforeAllCallback,
                AfterEachCallback,
                AfterAllCallback,
                ParameterResolver,
                TestExecutionExceptionHandler,
                TestWatcher {
    private static final Pattern NUMBER = Pattern.compile("s(\\d\\d)_.*");
    private static final int SHOWN_CHARS = 6_000;

    private final Set<String> tried = new TreeSet<>();
    private final Set<String> failed = new TreeSet<>();
    private Target target;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        target = new Target();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Target.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return target;
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        String output = target.suite.output();
        System.err.println("---- the suite's output, before " + context.getDisplayName() + " failed");
        System.err.println(output.substring(Math.max(0, output.length() - SHOWN_CHARS)));
        throw failure;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        target.evidence.processes(target.suite);
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        count(context, tried);
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        count(context, tried);
        count(context, failed);
    }

    private static void count(ExtensionContext context, Set<String> numbers) {
        Matcher matcher = NUMBER.matcher(context.getRequiredTestMethod().getName());
        if (matcher.matches()) numbers.add(matcher.group(1));
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (target == null) return;
        try (Target searched = target) {
            long began = System.nanoTime();
            searched.search();
            Evidence evidence = searched.evidence;
            System.out.println("searched " + (evidence.bytes() >> 20) + " MiB for " + searched.canary.count()
                    + " canaries in " + (System.nanoTime() - began) / 1_000_000_000 + " s");
            System.out.println("attacks refused " + (tried.size() - failed.size()) + "/" + tried.size()
                    + ", canary bytes " + evidence.foundBytes() + " in " + evidence.artefacts() + " artefacts");
            assertThat(evidence.told()).isEmpty();
            assertThat(evidence.decoys())
                    .contains("file", "row", "answer", "export", "stream", "reply", "model", "upstream", "environ");
        }
    }
}
