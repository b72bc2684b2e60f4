package io.dormouse.local.e2e;

import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.moto.Moto;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Gives tests a suite and the brain behind it, one for all classes of a run, since a start costs seconds. Classes that kill,
 * stop or need a suite to themselves start their own.
 */
final class OnSuite implements ExecutionCondition, ParameterResolver, TestExecutionExceptionHandler {
    private static final int SHOWN_CHARS = 12_000;

    /** A session whose model always fails: begun first, because giving up takes minutes. */
    record Doomed(Brain.Role role, Talk talk) {}

    /** @param suite with its scripted model @param client of the workspace {@code default} */
    record Both(Brain brain, RunningSuite suite, Client client, Doomed doomed) {
        static Both start() {
            Brain brain = new Brain();
            RunningSuite suite = RunningSuite.start(brain.address());
            Client client = new Client(suite.address(), RunningSuite.KEY);
            Brain.Role role = brain.role(request -> Script.error(529, "overloaded_error", "Overloaded"));
            Talk talk = client.talk(role);
            talk.say("Is anybody there?");
            return new Both(brain, suite, client, new Doomed(role, talk));
        }
    }

    /** As long as this JVM: the platform is started anew for every class, and what it stores goes with it. */
    private static final class Shared {
        private static final Both BOTH = Both.start();

        static {
            // The rest goes with this JVM.
            Runtime.getRuntime().addShutdownHook(new Thread(BOTH.suite()::close));
        }
    }

    private static Both both() {
        return Shared.BOTH;
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (!RunningSuite.ON_DYNAMODB) return ConditionEvaluationResult.enabled("on SQLite");
        return Moto.missing()
                .map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("on DynamoDB"));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Brain.class || type == RunningSuite.class || type == Client.class || type == Doomed.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        Both both = both();
        if (type == Brain.class) return both.brain();
        if (type == RunningSuite.class) return both.suite();
        return type == Doomed.class ? both.doomed() : both.client();
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        String output = both().suite().output();
        System.err.println("---- the suite's output, before " + context.getDisplayName() + " failed");
        System.err.println(output.substring(Math.max(0, output.length() - SHOWN_CHARS)));
        throw failure;
    }
}
