package io.dormouse.outbound;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The URL parser of curl, in this process. */
@SuppressWarnings("restricted")
final class Curl implements AutoCloseable {
    private static final int URL = 0;
    private static final int HOST = 5;
    private static final int PORT = 6;
    private static final int DEFAULT_PORT = 1;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment text = arena.allocate(64 << 10);
    private final MemorySegment result = arena.allocate(ValueLayout.ADDRESS);
    private final MethodHandle set;
    private final MethodHandle get;
    private final MethodHandle free;
    private final MethodHandle cleanup;
    private final MemorySegment handle;

    private Curl(SymbolLookup library) {
        Linker linker = Linker.nativeLinker();
        ValueLayout pointer = ValueLayout.ADDRESS;
        ValueLayout number = ValueLayout.JAVA_INT;
        set = linker.downcallHandle(
                library.findOrThrow("curl_url_set"), FunctionDescriptor.of(number, pointer, number, pointer, number));
        get = linker.downcallHandle(
                library.findOrThrow("curl_url_get"), FunctionDescriptor.of(number, pointer, number, pointer, number));
        free = linker.downcallHandle(library.findOrThrow("curl_free"), FunctionDescriptor.ofVoid(pointer));
        cleanup = linker.downcallHandle(library.findOrThrow("curl_url_cleanup"), FunctionDescriptor.ofVoid(pointer));
        try {
            handle = (MemorySegment)
                    linker.downcallHandle(library.findOrThrow("curl_url"), FunctionDescriptor.of(pointer))
                            .invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Empty where there is no libcurl. */
    static Optional<Curl> find() {
        for (String name : new String[] {"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.4.dylib"})
            try {
                return Optional.of(new Curl(SymbolLookup.libraryLookup(name, Arena.global())));
            } catch (IllegalArgumentException e) {
                // The next one.
            }
        return Optional.empty();
    }

    /** {@code host port}; null when it is not a URL to curl. */
    String read(String url) {
        try {
            text.setString(0, url);
            if ((int) set.invokeExact(handle, URL, text, 0) != 0) return null;
            return part(HOST) + " " + part(PORT);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private String part(int which) throws Throwable {
        if ((int) get.invokeExact(handle, which, result, DEFAULT_PORT) != 0) return "";
        MemorySegment found = result.get(ValueLayout.ADDRESS, 0);
        String string = found.reinterpret(64 << 10).getString(0);
        free.invokeExact(found);
        return string;
    }

    @Override
    public void close() {
        try {
            cleanup.invokeExact(handle);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        arena.close();
    }
}
