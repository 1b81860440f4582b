// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A main class in a JVM of its own that can be killed, stopped and started again. It ends with this JVM, however this
 * JVM ends: it halts when the pipe to its standard input closes. What it prints is appended to a file.
 *
 * <p>Methods that change the state are for one thread at a time; the others may be called by any thread.
 */
public final class JavaProcess {

    private static final int LOG_TAIL = 30;

    private final String name;
    private final List<String> command;
    private final Path log;
    private final Map<String, String> environment = new HashMap<>();
    private volatile Process process;

    /**
     * @param classPath must hold this class, or its {@link #leash}
     * @param jvmArguments of the JVM, before the main class
     */
    public JavaProcess(
            String name,
            Path log,
            String classPath,
            List<String> jvmArguments,
            String mainClass,
            List<String> arguments) {
        this.name = name;
        this.log = log;
        command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", classPath, Leashed.class.getName(), mainClass));
        command.addAll(arguments);
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill, "kill-" + name));
    }

    /** Sets a variable of the environment, beside those of this JVM. */
    public JavaProcess environment(String key, String value) {
        environment.put(key, value);
        return this;
    }

    /** Starts the process; what it does then is for others to wait for. */
    public void start() {
        if (isAlive()) {
            throw new IllegalStateException(name + " runs already");
        }
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills the process as a crash would, and waits until it is gone; does nothing if it does not run. */
    public void kill() {
        Process victim = process;
        if (victim == null) {
            return;
        }
        victim.destroyForcibly();
        try {
            if (!victim.waitFor(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " survived SIGKILL");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops the process without ending it: connections stay open, and nobody answers. */
    public void pause() {
        signal("STOP");
    }

    public void resume() {
        signal("CONT");
    }

    /** Processor time that it has used since it was started last. */
    public Duration cpuTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Throws an IllegalStateException with the end of its log if it has ended. */
    public void checkAlive() {
        if (!isAlive()) {
            throw new IllegalStateException(name + " ended with " + process.exitValue() + ":\n" + logTail());
        }
    }

    public Path log() {
        return log;
    }

    /** Whether that text was printed. */
    public boolean hasLogged(String text) {
        try {
            return Files.readString(log).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String logTail() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL), lines.size()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Puts the classes that a leashed process needs into a directory, for class paths that lack the rest of the tests.
     */
    public static Path leash(Path directory, Class<?>... more) {
        copy(Leashed.class, directory);
        for (Class<?> type : more) {
            copy(type, directory);
        }
        return directory;
    }

    private static void copy(Class<?> type, Path directory) {
        String file = type.getName().replace('.', '/') + ".class";
        try (var bytes = type.getClassLoader().getResourceAsStream(file)) {
            Path target = directory.resolve(file);
            Files.createDirectories(target.getParent());
            Files.write(target, bytes.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill -" + signal + " ended with " + kill.exitValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What runs in the other JVM: the main class named by the first argument, until the parent is gone. */
    public static final class Leashed {

        private Leashed() {}

        public static void main(String[] arguments) throws Throwable {
            Thread watchdog = new Thread(Leashed::haltWithParent, "halt-with-parent");
            watchdog.setDaemon(true);
            watchdog.start();
            try {
                Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object)
                        Arrays.copyOfRange(arguments, 1, arguments.length));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private static void haltWithParent() {
            try {
                while (System.in.read() >= 0) {
                    // Nobody writes; only the end of the stream means something.
                }
            } catch (IOException e) {
                // The pipe is broken, which means the same.
            } finally {
                Runtime.getRuntime().halt(1);
            }
        }
    }
}
