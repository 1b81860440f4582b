// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what must happen sooner or later, with a deadline that only a hopeless test meets. */
public final class Await {

    /** Generous, because it is only waited out by tests that fail; CI machines are slow, debugging is impatient. */
    public static final Duration TIMEOUT = Duration.ofSeconds(Integer.getInteger("zkflink.test.timeout", 60));

    private static final long POLL_MILLIS = 10;

    private Await() {}

    /** Waits until the condition holds; an assertion error it throws means "not yet" and becomes the cause. */
    public static void until(String description, Callable<Boolean> condition) {
        until(description, TIMEOUT, condition);
    }

    public static void until(String description, Duration timeout, Callable<Boolean> condition) {
        long end = System.nanoTime() + timeout.toNanos();
        Throwable last = null;
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (AssertionError e) {
                last = e;
            } catch (Exception e) {
                throw new AssertionError("Failed while waiting until " + description, e);
            }
            if (System.nanoTime() > end) {
                throw new AssertionError(
                        "Waited " + timeout.toSeconds() + " s in vain until " + description + why(last), last);
            }
            pause();
        }
    }

    /** The beginning of it, since of a run far away often no more than the message is seen. */
    private static String why(Throwable last) {
        String message =
                last == null ? "" : ": " + String.valueOf(last.getMessage()).replaceAll("\\s+", " ");
        return message.substring(0, Math.min(message.length(), 1000));
    }

    /** Waits until the assertions pass. */
    public static void untilAsserted(String description, ThrowingRunnable assertions) {
        until(description, () -> {
            assertions.run();
            return true;
        });
    }

    /** Waits for a future; an exceptional end is thrown as an assertion error with the future's own cause. */
    public static <T> T result(CompletableFuture<T> future) {
        try {
            return future.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("The future failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("The future did not complete within " + TIMEOUT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Waits for a future to fail, and gives its cause. */
    public static Throwable failure(CompletableFuture<?> future) {
        try {
            Object result = future.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            throw new AssertionError("The future should have failed and gave " + result);
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (TimeoutException e) {
            throw new AssertionError("The future did not complete within " + TIMEOUT.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted", e);
        }
    }

    /** Assertions that may throw anything. */
    @FunctionalInterface
    public interface ThrowingRunnable {
        void run() throws Exception;
    }
}
