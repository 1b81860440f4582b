// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program of somebody else that takes part in recipes, in a process of its own. It is told to by lines and answers by
 * lines: {@code in RECIPE PATH NAME} is answered by {@code in} once it holds, leads or has entered, {@code out} by
 * {@code out}.
 *
 * <p>Life cycle: starts when made, ends when killed or closed, and when the pipe to its standard input closes, so with
 * this JVM. For one thread.
 */
public final class OtherProgram implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OtherProgram.class);
    private static final long INSTALLATION_SECONDS = 120;
    /** Of whoever dies without a word. */
    private static final String SESSION_MILLIS = "2000";

    private static final String PYTHON = "python3";
    /** Takes what is there, or Debian's packages without installing them, or PyPI's. */
    private static final String INSTALL_KAZOO = """
            cd "$1"
            there() { python3 -c 'import kazoo.client'; }
            debian() {
              apt-get "$@" download python3-kazoo python3-six
              for package in *.deb; do dpkg-deb -x "$package" .; done
            }
            there && exit
            debian
            there && exit
            mkdir -p lists/partial cache/archives/partial
            set -- -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD/cache"
            apt-get "$@" update && debian "$@"
            there && exit
            python3 -m pip install --quiet --target usr/lib/python3/dist-packages kazoo
            there
            """;

    private final Process process;
    private final Path errors;
    private final PrintStream lines;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    private OtherProgram(Path errors, Map<String, String> environment, List<String> command) {
        this.errors = errors;
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lines = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread listener = new Thread(this::listen, "other-program");
        listener.setDaemon(true);
        listener.start();
    }

    /** A JVM with Curator's {@code lock}, {@code election} and {@code barrier} of two. */
    public static OtherProgram curator(String connectString, Path directory) {
        return new OtherProgram(
                directory.resolve("curator.log"),
                Map.of(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CuratorProgram.class.getName(),
                        connectString,
                        SESSION_MILLIS));
    }

    /**
     * A Python with kazoo's {@code lock}, {@code read-lock}, {@code write-lock} and {@code semaphore}; empty where
     * there is none to be had, which the log says.
     */
    public static Optional<OtherProgram> kazoo(String connectString, Path directory) {
        Path log = directory.resolve("kazoo.log");
        String packages = directory
                .resolve("usr/lib/python3/dist-packages")
                .toAbsolutePath()
                .toString();
        Map<String, String> environment = Map.of("PYTHONPATH", packages);
        try {
            ProcessBuilder installation = new ProcessBuilder("sh", "-c", INSTALL_KAZOO, "sh", directory.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            installation.environment().putAll(environment);
            Process installed = installation.start();
            if (!installed.waitFor(INSTALLATION_SECONDS, TimeUnit.SECONDS) || installed.exitValue() != 0) {
                installed.destroyForcibly();
                LOG.warn("Nothing is tested with kazoo, which could not be installed:\n{}", Files.readString(log));
                return Optional.empty();
            }
            Path program = directory.resolve("kazoo_program.py");
            try (var script = OtherProgram.class.getResourceAsStream("/kazoo_program.py")) {
                Files.copy(script, program, StandardCopyOption.REPLACE_EXISTING);
            }
            return Optional.of(new OtherProgram(
                    log, environment, List.of(PYTHON, program.toString(), connectString, SESSION_MILLIS)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private void listen() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            reader.lines().forEach(answers::add);
        } catch (IOException | UncheckedIOException e) {
            // It was killed.
        }
    }

    public void tell(String line) {
        lines.println(line);
    }

    /** Waits for the next answer. */
    public String answer() {
        try {
            String answer = answers.poll(Await.TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (answer == null) {
                throw new AssertionError("No answer; it said:\n" + Files.readString(errors));
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public boolean hasAnswered() {
        return !answers.isEmpty();
    }

    /** Kills it as a crash would. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
