package io.dormouse.local.fargate;

import io.dormouse.hands.fargate.HandRecords;
import io.dormouse.hands.fargate.Spares;
import io.dormouse.head.Heads;
import io.dormouse.resource.Contents;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.ecs.EcsClient;

/**
 * Ports with the world around each call: before it and after it others act, or the caller dies; and an answer may be lost,
 * whether or not the call was heard.
 */
record SimPorts(Runnable point, BooleanSupplier lost) {
    /** It loses answers by itself. */
    EcsClient of(EcsClient ecs) {
        return around(EcsClient.class, ecs, false);
    }

    HandRecords of(HandRecords records) {
        return around(HandRecords.class, records, true);
    }

    Spares of(Spares spares) {
        return around(Spares.class, spares, true);
    }

    Heads of(Heads heads) {
        return around(Heads.class, heads, true);
    }

    Contents of(Contents contents) {
        return around(Contents.class, contents, true);
    }

    private <T> T around(Class<T> port, T inner, boolean loses) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            // In terms of others, which come here one by one.
            if (inner.getClass()
                    .getMethod(method.getName(), method.getParameterTypes())
                    .isDefault()) return InvocationHandler.invokeDefault(proxy, method, arguments);
            point.run();
            if (loses && lost.getAsBoolean()) throw SdkClientException.create("no answer, nothing was heard");
            Object answer = invoke(method, inner, arguments);
            if (loses && lost.getAsBoolean()) throw SdkClientException.create("no answer, though it was done");
            point.run();
            return answer;
        };
        return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, handler));
    }

    private static Object invoke(Method method, Object inner, Object[] arguments) throws Throwable {
        try {
            method.setAccessible(true);
            return method.invoke(inner, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
