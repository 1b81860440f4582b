// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ScalarFunction;

/** A function for SQL that gives back what it gets, and remembers the class loaders of the jobs that it runs in. */
public final class UserClassLoaders extends ScalarFunction {

    private static final long serialVersionUID = 1L;
    private static final Queue<WeakReference<ClassLoader>> SEEN = new ConcurrentLinkedQueue<>();

    @Override
    public void open(FunctionContext context) {
        SEEN.add(new WeakReference<>(Thread.currentThread().getContextClassLoader()));
    }

    public String eval(String value) {
        return value;
    }

    /** Those that were seen since the last {@link #forget} and are not garbage yet. */
    public static List<ClassLoader> alive() {
        return SEEN.stream()
                .map(WeakReference::get)
                .filter(loader -> loader != null)
                .toList();
    }

    public static void forget() {
        SEEN.clear();
    }
}
