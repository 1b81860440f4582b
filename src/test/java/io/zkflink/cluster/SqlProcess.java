// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/**
 * Submits statements to a cluster from a JVM with the classes of the cluster's version: for versions whose SQL client
 * is in no repository, and where its start would cost more than the test.
 *
 * <p>Life cycle: starts when made, ends with {@link #close} or with this JVM. For one thread.
 */
final class SqlProcess implements AutoCloseable {

    private static final String SETTINGS = "SETTINGS ";
    private static final String DONE = "DONE ";
    private static final String FAILED = "FAILED ";

    private final Map<String, String> client;
    private final Process process;
    private final PrintStream questions;
    private final BufferedReader answers;

    SqlProcess(FlinkCluster cluster) {
        client = cluster.client();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(cluster.jvm("512m"));
        command.addAll(List.of("-cp", cluster.classPath(), Main.class.getName()));
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectError(cluster.directory().resolve("sql.log").toFile());
            builder.environment().put("FLINK_CONF_DIR", cluster.configuration().toString());
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        configure(Map.of());
    }

    /** Forgets all tables, and submits with these settings, beside those of the cluster, from now on. */
    void configure(Map<String, String> settings) {
        ask(SETTINGS
                + Stream.of(client, settings)
                        .flatMap(map -> map.entrySet().stream())
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining("\t")));
    }

    /**
     * Executes a statement; for an INSERT it answers with the id of the job, which it does not wait for, else with
     * rows.
     */
    String execute(String statement) {
        return ask(statement.replace('\n', ' '));
    }

    private String ask(String question) {
        questions.println(question);
        try {
            // Flink may print something of its own.
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(DONE)) {
                    return line.substring(DONE.length());
                }
                if (line.startsWith(FAILED)) {
                    throw new AssertionError(question + " failed: " + line.substring(FAILED.length()));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("No answer to " + question);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Runs in the other JVM: a line in, a line out, until the pipe closes. */
    public static final class Main {

        private Main() {}

        public static void main(String[] arguments) throws IOException {
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            TableEnvironment sql = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                try {
                    String answer = "";
                    if (line.startsWith(SETTINGS)) {
                        sql = environment(line.substring(SETTINGS.length()));
                    } else {
                        TableResult result = sql.executeSql(line);
                        answer = result.getJobClient()
                                .map(JobClient::getJobID)
                                .map(Object::toString)
                                .orElseGet(() -> rows(result));
                    }
                    System.out.println(DONE + answer);
                } catch (Throwable e) {
                    e.printStackTrace();
                    System.out.println(FAILED + causes(e));
                }
            }
            // Clients may leave threads behind.
            System.exit(0);
        }

        private static String causes(Throwable failure) {
            StringBuilder causes = new StringBuilder();
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                causes.append(cause.toString().replace('\n', ' ')).append("; ");
            }
            return causes.toString();
        }

        /** What a statement without a job answers, in one line. */
        private static String rows(TableResult result) {
            List<String> rows = new ArrayList<>();
            result.collect().forEachRemaining(row -> rows.add(row.toString()));
            return String.join("\t", rows).replace('\n', ' ');
        }

        private static TableEnvironment environment(String settings) {
            Configuration configuration = GlobalConfiguration.loadConfiguration();
            Pattern.compile("\t").splitAsStream(settings).forEach(setting -> {
                int equals = setting.indexOf('=');
                configuration.setString(setting.substring(0, equals), setting.substring(equals + 1));
            });
            return TableEnvironment.create(EnvironmentSettings.newInstance()
                    .withConfiguration(configuration)
                    .build());
        }
    }
}
