// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.Ports;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A standalone cluster of Flink, of one of the versions whose jars the build has laid into {@code target}: a JobManager
 * and TaskManagers as processes, with the shaded jar beside Flink's own.
 *
 * <p>Life cycle: {@link #start}, any number of kills and starts of its processes, {@link #close}, which leaves the
 * logs. For one thread at a time.
 */
final class FlinkCluster implements AutoCloseable {

    /** As Flink's own configuration file has them. */
    private static final List<String> JVM = Stream.concat(
                    Stream.of(
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-XX:+IgnoreUnrecognizedVMOptions",
                            "--add-exports=java.base/sun.net.util=ALL-UNNAMED",
                            "--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED"),
                    Stream.of(
                                    "lang",
                                    "net",
                                    "io",
                                    "nio",
                                    "lang.reflect",
                                    "text",
                                    "time",
                                    "util",
                                    "util.concurrent",
                                    "util.concurrent.atomic",
                                    "util.concurrent.locks")
                            .map(name -> "--add-opens=java.base/java." + name + "=ALL-UNNAMED"))
            .toList();

    private static final String SESSION = "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint";

    private static final String LOGGING = """
            rootLogger.level = INFO
            rootLogger.appenderRef.console.ref = Console
            appender.console.name = Console
            appender.console.type = Console
            appender.console.layout.type = PatternLayout
            appender.console.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} - %m%n
            """;

    private final String version;
    private final Path directory;
    private final Path configuration;
    private final Map<String, String> settings;
    private final JavaProcess jobManager;
    private final List<JavaProcess> taskManagers = new ArrayList<>();
    private final FlinkRest rest;

    /**
     * @param configuration a directory with a {@code config.yaml}
     * @param settings what this cluster has different from the file
     */
    FlinkCluster(String version, Path configuration, int taskManagers, Map<String, String> settings) {
        this(version, configuration, taskManagers, settings, SqlProcess.Main.class, SESSION, List.of());
    }

    /**
     * A cluster of one job, that of a program.
     *
     * @param job its id
     */
    static FlinkCluster ofProgram(
            String version,
            Path configuration,
            int taskManagers,
            String job,
            Class<?> program,
            List<String> arguments) {
        return new FlinkCluster(
                version,
                configuration,
                taskManagers,
                Map.of(),
                program,
                "org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint",
                Stream.concat(Stream.of("--job-id", job, "--job-classname", program.getName()), arguments.stream())
                        .toList());
    }

    private FlinkCluster(
            String version,
            Path configuration,
            int taskManagers,
            Map<String, String> settings,
            Class<?> program,
            String entryPoint,
            List<String> arguments) {
        this.version = version;
        this.configuration = configuration;
        try {
            Path parent =
                    Files.createDirectories(Path.of("target", "flink-clusters").toAbsolutePath());
            directory = Files.createTempDirectory(parent, version + "-");
            Files.writeString(directory.resolve("log4j.properties"), LOGGING);
            JavaProcess.leash(directory.resolve("classes"), program);
            Files.createDirectories(directory.resolve("tmp"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int restPort = Ports.free();
        this.settings = new TreeMap<>(Map.ofEntries(
                Map.entry("jobmanager.rpc.address", "localhost"),
                Map.entry("jobmanager.rpc.port", String.valueOf(Ports.free())),
                Map.entry("rest.address", "localhost"),
                Map.entry("rest.bind-address", "localhost"),
                Map.entry("rest.port", String.valueOf(restPort)),
                Map.entry("io.tmp.dirs", directory.resolve("tmp").toString()),
                Map.entry("high-availability.storageDir", url("ha")),
                Map.entry("execution.checkpointing.dir", url("checkpoints")),
                Map.entry("execution.checkpointing.savepoint-dir", url("savepoints")),
                // What Flink's scripts would make of the sizes in the file, in a JVM of their own.
                Map.entry("taskmanager.cpu.cores", "1"),
                Map.entry("taskmanager.memory.framework.heap.size", "64m"),
                Map.entry("taskmanager.memory.task.heap.size", "256m"),
                Map.entry("taskmanager.memory.framework.off-heap.size", "64m"),
                Map.entry("taskmanager.memory.task.off-heap.size", "64m"),
                Map.entry("taskmanager.memory.managed.size", "32m"),
                Map.entry("taskmanager.memory.network.min", "32m"),
                Map.entry("taskmanager.memory.network.max", "32m"),
                Map.entry("taskmanager.memory.jvm-metaspace.size", "256m"),
                Map.entry("taskmanager.memory.jvm-overhead.min", "64m"),
                Map.entry("taskmanager.memory.jvm-overhead.max", "64m")));
        this.settings.putAll(settings);
        this.rest = new FlinkRest("http://localhost:" + restPort);
        this.jobManager = process("jobmanager", entryPoint, arguments);
        for (int i = 0; i < taskManagers; i++) {
            this.taskManagers.add(
                    process("taskmanager-" + i, "org.apache.flink.runtime.taskexecutor.TaskManagerRunner", List.of()));
        }
    }

    /** Starts all processes, and waits until all TaskManagers have registered. */
    FlinkCluster start() {
        jobManager.start();
        taskManagers.forEach(JavaProcess::start);
        awaitTaskManagers();
        return this;
    }

    void awaitTaskManagers() {
        Await.until("Flink " + version + " has its TaskManagers, see " + directory, () -> {
            jobManager.checkAlive();
            for (JavaProcess taskManager : taskManagers) {
                taskManager.checkAlive();
            }
            return rest.taskManagers() == taskManagers.size();
        });
    }

    JavaProcess jobManager() {
        return jobManager;
    }

    JavaProcess taskManager(int index) {
        return taskManagers.get(index);
    }

    FlinkRest rest() {
        return rest;
    }

    /** The directory with the configuration file that it shares with its clients. */
    Path configuration() {
        return configuration;
    }

    /** Where its checkpoints, logs and temporary files are. */
    Path directory() {
        return directory;
    }

    /** Flink's jars, the shaded jar, and what our processes need to end when we do. */
    String classPath() {
        Path lib = Path.of("target", "flink-" + version, "lib").toAbsolutePath();
        assertThat(lib)
                .as("Flink %s, which 'mvn verify' lays there before the integration tests", version)
                .isDirectory();
        return String.join(
                File.pathSeparator,
                lib + File.separator + "*",
                // For clusters of one program; the profile 'nightly' lays it there.
                Path.of("target", "flink-container").toAbsolutePath() + File.separator + "*",
                shadedJar().toString(),
                directory.resolve("classes").toString());
    }

    /** A copy of the shaded jar, for jobs that bring their own. */
    Path copyOfJar(String name) {
        try {
            return Files.copy(shadedJar(), directory.resolve("tmp").resolve(name + ".jar"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Arguments of a JVM that runs something of Flink. */
    List<String> jvm(String heap) {
        List<String> arguments = new ArrayList<>(JVM);
        arguments.add("-Xmx" + heap);
        arguments.add("-Djava.io.tmpdir=" + directory.resolve("tmp"));
        arguments.add("-Dlog4j.configurationFile=" + directory.resolve("log4j.properties"));
        return arguments;
    }

    /** How clients find this cluster. */
    Map<String, String> client() {
        Map<String, String> client = new TreeMap<>(Map.of("execution.target", "remote"));
        settings.forEach((key, value) -> {
            if (key.startsWith("rest.")
                    || key.startsWith("high-availability.")
                    || key.startsWith("execution.checkpointing.")) {
                client.put(key, value);
            }
        });
        return client;
    }

    /** Kills everything and deletes all but the logs. */
    @Override
    public void close() {
        taskManagers.forEach(JavaProcess::kill);
        jobManager.kill();
        for (String garbage : List.of("tmp", "checkpoints", "savepoints", "ha", "classes")) {
            delete(directory.resolve(garbage));
        }
    }

    private String url(String name) {
        return directory.resolve(name).toUri().toString();
    }

    private JavaProcess process(String name, String mainClass, List<String> more) {
        List<String> arguments = new ArrayList<>(List.of("--configDir", configuration.toString()));
        settings.forEach((key, value) -> arguments.addAll(List.of("-D", key + "=" + value)));
        arguments.addAll(more);
        return new JavaProcess(
                "Flink's " + name, directory.resolve(name + ".log"), classPath(), jvm("384m"), mainClass, arguments);
    }

    private static Path shadedJar() {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            List<Path> jars = files.filter(
                            file -> file.getFileName().toString().matches("flink-sql-connector-zookeeper-.*\\.jar"))
                    .toList();
            assertThat(jars).as("the shaded jar, which 'mvn verify' makes").hasSize(1);
            return jars.get(0).toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
