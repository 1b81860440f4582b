// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.zookeeper.server.quorum.QuorumPeerMain;

/**
 * A ZooKeeper server in a JVM of its own, so that it can be killed, stopped and restarted like a real one.
 *
 * <p>Life cycle: {@link #start}, then any number of {@link #kill}, {@link #restart}, {@link #pause} and
 * {@link #resume}, then {@link #close}, which deletes the data. Port and data stay the same over restarts. The server
 * ends with this JVM, however this JVM ends: it halts when the pipe to its standard input closes. Sessions may be as
 * short as 400 ms.
 *
 * <p>Methods that change the state are for one thread at a time; the others may be called by any thread.
 */
public final class ZooKeeperProcess implements AutoCloseable {

    private static final Pattern SESSION_ID = Pattern.compile("0x[0-9a-f]+");
    private static final Pattern EXPIRY = Pattern.compile("expire at (.*):$");
    /** As {@link java.util.Date} prints itself. */
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE MMM dd HH:mm:ss zzz yyyy", Locale.ENGLISH);

    private static final Pattern CONNECTION =
            Pattern.compile("/[^\\[]*:(\\d+)\\[\\d+\\]\\(.*?sid=(0x[0-9a-f]+)", Pattern.CASE_INSENSITIVE);
    /** What of our class path a server needs; a shorter one starts faster. */
    private static final Pattern SERVER_JAR = Pattern.compile(
            "(zookeeper|slf4j|log4j|metrics-core|snappy|netty|commons|audience|jackson|jline|jetty|javax).*");

    private static final int PROBE_MILLIS = 2_000;
    /** The variable of the environment that the JVM takes further arguments from. */
    private static final String JVM_OPTIONS = "JDK_JAVA_OPTIONS";

    private final Path directory;
    private final int port = Ports.free();
    private final int securePort = Ports.free();
    private final String version;
    private final JavaProcess process;

    /** A server with the default configuration. */
    public ZooKeeperProcess() {
        this(new Builder());
    }

    private ZooKeeperProcess(Builder builder) {
        try {
            directory = Files.createTempDirectory("zookeeper-" + port + "-");
            List<String> jvmArguments = new ArrayList<>(builder.jvmArguments);
            version = builder.version;
            List<String> config = new ArrayList<>(List.of(
                    "dataDir=" + directory.resolve("data"),
                    "clientPort=" + port,
                    "clientPortAddress=127.0.0.1",
                    "tickTime=200",
                    "minSessionTimeout=400",
                    "maxSessionTimeout=60000",
                    "maxClientCnxns=0",
                    "admin.enableServer=false",
                    "4lw.commands.whitelist=*",
                    "extendedTypesEnabled=true"));
            config.addAll(builder.config);
            if (builder.tls) {
                config.add("secureClientPort=" + securePort);
                config.add("secureClientPortAddress=127.0.0.1");
                config.add("serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory");
            }
            Files.write(configFile(), config);
            if (builder.myId != null) {
                Path data = Files.createDirectories(directory.resolve("data"));
                Files.writeString(data.resolve("myid"), builder.myId.toString());
            }
            if (builder.saslUsers != null) {
                Path jaas = directory.resolve("jaas.conf");
                Files.writeString(
                        jaas,
                        "Server { org.apache.zookeeper.server.auth.DigestLoginModule required" + builder.saslUsers
                                + "; };");
                jvmArguments.add("-Djava.security.auth.login.config=" + jaas);
            }
            process = new JavaProcess(
                    "ZooKeeper on port " + port,
                    logFile(),
                    classPath(),
                    withDefaults(jvmArguments),
                    QuorumPeerMain.class.getName(),
                    List.of(configFile().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Starts the server and waits until it serves. */
    public ZooKeeperProcess start() {
        launch();
        awaitServing();
        return this;
    }

    /**
     * Kills the server if it runs, and starts it as the only one of three that does: without a quorum it serves what it
     * has to those who only want to read. {@link #restart} makes it whole again.
     */
    public void restartWithoutQuorum() {
        kill();
        try {
            List<String> whole = Files.readAllLines(configFile());
            List<String> one = new ArrayList<>(whole);
            one.addAll(List.of("initLimit=5", "syncLimit=5", "localSessionsEnabled=true"));
            for (int id = 1; id <= 3; id++) {
                one.add("server." + id + "=127.0.0.1:" + Ports.free() + ":" + Ports.free());
            }
            Files.writeString(directory.resolve("data").resolve("myid"), "1");
            Files.write(configFile(), one);
            process.environment(JVM_OPTIONS, "-Dreadonlymode.enabled=true");
            try {
                start();
            } finally {
                process.environment(JVM_OPTIONS, "");
                Files.write(configFile(), whole);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the server, which may have to wait for others before it serves. */
    void launch() {
        process.start();
    }

    void awaitServing() {
        Await.until("ZooKeeper serves on port " + port, () -> {
            process.checkAlive();
            return !mode().isEmpty();
        });
    }

    /** Kills the server as a crash would, and waits until it is gone. */
    public void kill() {
        process.kill();
    }

    /** Kills the server if it runs, and starts it on the same port and data. */
    public void restart() {
        kill();
        start();
    }

    /** Processor time that the server has used since it was started last. */
    public Duration cpuTime() {
        return process.cpuTime();
    }

    /** Stops the process without ending it: connections stay open, and nobody answers. */
    public void pause() {
        process.pause();
    }

    public void resume() {
        process.resume();
    }

    /** Kills the server and deletes its data. */
    @Override
    public void close() {
        kill();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return port;
    }

    public String connectString() {
        return "127.0.0.1:" + port;
    }

    /** Where a server made with {@link Builder#tls} wants TLS. */
    public int securePort() {
        return securePort;
    }

    /** What the server has logged so far, over all its starts. */
    /** Where transaction logs and snapshots are. */
    public Path dataDirectory() {
        return directory.resolve("data");
    }

    public Path logFile() {
        return directory.resolve("zookeeper.log");
    }

    /** Asks one of the four letter words on a connection of its own. */
    public String fourLetterWord(String word) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
            socket.setSoTimeout(PROBE_MILLIS);
            socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            InputStream answer = socket.getInputStream();
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** {@code leader}, {@code follower} or {@code standalone}; empty while the server does not serve. */
    public String mode() {
        try {
            Matcher matcher = Pattern.compile("Mode: (\\w+)").matcher(fourLetterWord("srvr"));
            return matcher.find() ? matcher.group(1) : "";
        } catch (IOException e) {
            return "";
        }
    }

    /** How many sessions the server knows, connected or not yet expired. */
    public int sessionCount() {
        return sessions().size();
    }

    /** How many watches are registered, by all sessions; a recursive one counts as one. */
    public int watchCount() {
        Matcher matcher =
                Pattern.compile("zk_watch_count\\s+(\\d+)").matcher(ask("mntr").replace("zk_watch_count_", ""));
        if (!matcher.find()) {
            throw new IllegalStateException("No watch count");
        }
        return Integer.parseInt(matcher.group(1));
    }

    /**
     * How many reads (of data, of children, of a Stat) of znodes that exist the server has answered in a subtree of a
     * path of one segment, those within a {@code multi} each for itself.
     */
    public long readCount(String top) {
        Matcher matcher = Pattern.compile("zk_cnt_" + Pattern.quote(top.substring(1)) + "_read_per_namespace\\s+(\\d+)")
                .matcher(ask("mntr"));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    /** How many requests the server has received, those of all clients, pings and questions like this one. */
    public long requestCount() {
        Matcher matcher = Pattern.compile("zk_packets_received\\s+(\\d+)").matcher(ask("mntr"));
        if (!matcher.find()) {
            throw new IllegalStateException("No count of requests");
        }
        return Long.parseLong(matcher.group(1));
    }

    /** The ids of all sessions, connected or not yet expired, as the server prints them. */
    public Set<String> sessions() {
        return sessionsThatExpireWithin(Duration.ofDays(1));
    }

    /** The ids of the sessions that are over in less than this unless their clients are heard of. */
    Set<String> sessionsThatExpireWithin(Duration time) {
        String trackers = ask("dump");
        int end = trackers.indexOf("ephemeral nodes dump");
        Instant soon = Instant.now().plus(time);
        Set<String> ids = new TreeSet<>();
        boolean wanted = true;
        for (String line :
                (end < 0 ? trackers : trackers.substring(0, end)).lines().toList()) {
            Matcher expiry = EXPIRY.matcher(line);
            if (expiry.find()) {
                wanted = ZonedDateTime.parse(expiry.group(1), DATE).toInstant().isBefore(soon);
            } else if (wanted) {
                SESSION_ID
                        .matcher(line)
                        .results()
                        .forEach(id -> ids.add(id.group().toLowerCase(Locale.ROOT)));
            }
        }
        return ids;
    }

    /** The ids of the sessions whose connections come from one of these ports. */
    Set<String> sessionsFrom(Set<Integer> localPorts) {
        return CONNECTION
                .matcher(ask("cons"))
                .results()
                .filter(match -> localPorts.contains(Integer.valueOf(match.group(1))))
                .map(match -> match.group(2).toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The ids of the sessions that have a live connection. */
    Set<String> connectedSessions() {
        return CONNECTION
                .matcher(ask("cons"))
                .results()
                .map(match -> match.group(2).toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String ask(String word) {
        try {
            return fourLetterWord(word);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> withDefaults(List<String> more) {
        List<String> arguments = new ArrayList<>(List.of(
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                // Nothing here survives a power failure anyway.
                "-Dzookeeper.forceSync=no"));
        arguments.addAll(more);
        return arguments;
    }

    /** The jars of another version come first and so win; what else it needs is near enough to ours. */
    private String classPath() {
        String ours = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.endsWith(".jar")
                        || SERVER_JAR
                                .matcher(Path.of(entry).getFileName().toString())
                                .matches())
                .collect(Collectors.joining(File.pathSeparator));
        if (version == null) {
            return ours;
        }
        Path jars = Path.of("target", "zookeeper-servers");
        String theirs = Stream.of("zookeeper-", "zookeeper-jute-")
                .map(name -> jars.resolve(name + version + ".jar").toAbsolutePath())
                .peek(jar -> {
                    if (!Files.exists(jar)) {
                        throw new IllegalStateException(jar + " is missing; the build copies it there before it tests");
                    }
                })
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        return theirs + File.pathSeparator + ours;
    }

    private Path configFile() {
        return directory.resolve("zoo.cfg");
    }

    /** What may differ from the default configuration. */
    public static final class Builder {
        private final List<String> config = new ArrayList<>();
        private final List<String> jvmArguments = new ArrayList<>();
        private String version;
        private Integer myId;
        private boolean tls;
        private String saslUsers;

        private Builder() {}

        /** Gives the server more memory than the default of 512 MB. */
        public Builder heap(String size) {
            jvmArguments.add("-Xmx" + size);
            return this;
        }

        /** Runs another version of the server, one of those that the build copies to {@code target}. */
        public Builder version(String version) {
            this.version = version;
            return this;
        }

        /** Adds a line to {@code zoo.cfg}; a later line for the same key wins. */
        public Builder config(String key, String value) {
            return line(key + "=" + value);
        }

        Builder line(String line) {
            config.add(line);
            return this;
        }

        /** Makes the server one of several, of which all know all. */
        Builder member(int id, List<String> members) {
            myId = id;
            members.forEach(this::line);
            return this;
        }

        /**
         * Opens a second port for TLS.
         *
         * @param trusted whose certificates to accept from clients
         * @param clientAuth {@code none}, {@code want} or {@code need} one
         */
        public Builder tls(Certificates certificates, String name, String trusted, String clientAuth) {
            tls = true;
            config("ssl.keyStore.location", certificates.keyStore(name).toString());
            config("ssl.keyStore.password", certificates.password());
            config("ssl.trustStore.location", certificates.trustStore(trusted).toString());
            config("ssl.trustStore.password", certificates.password());
            return config("ssl.clientAuth", clientAuth);
        }

        /** Knows this user by SASL DIGEST-MD5. */
        public Builder sasl(String username, String password) {
            saslUsers = (saslUsers == null ? "" : saslUsers) + " user_" + username + "=\"" + password + "\"";
            return config("authProvider.sasl", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider");
        }

        /** Sets a system property of the server's JVM. */
        public Builder property(String key, String value) {
            jvmArguments.add("-D" + key + "=" + value);
            return this;
        }

        public ZooKeeperProcess build() {
            return new ZooKeeperProcess(this);
        }
    }
}
