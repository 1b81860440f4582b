// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code mvn -q -Pquickstart}: a ZooKeeper server, a program that writes to it, and a SQL script that watches, in one
 * JVM.
 *
 * <p>Life cycle: server (or a look whether the one of {@code -Dzk} answers), program, script; then all of it is closed
 * and the JVM exits: 0, or 1 if anything failed. The script runs on the calling thread.
 */
public final class Quickstart {

    /** What scripts call their server; {@code -Dzk} takes its place. */
    static final String SCRIPT_SERVER = "localhost:2181";

    /** Where scripts find the files of their server. */
    static final Path SCRIPT_DATA = Path.of("target", "quickstart-zookeeper");

    private static final int SCRIPT_PORT = 2181;

    private Quickstart() {}

    public static void main(String[] args) {
        // Before the first logger is made. The console belongs to the script's results.
        System.setProperty("log4j2.configurationFile", "log4j2-quickstart.properties");
        // Read by the embedded server: without it there are no znodes with a time to live.
        System.setProperty("zookeeper.extendedTypesEnabled", "true");
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        int exitCode;
        try {
            exitCode = run(QuickstartOptions.from(System.getProperties()), out);
        } catch (IllegalArgumentException e) {
            new Console(out).failure(e);
            exitCode = 1;
        }
        // Threads of Flink and ZooKeeper may linger, and Maven would wait for them.
        System.exit(exitCode);
    }

    static int run(QuickstartOptions options, PrintStream out) {
        Console console = new Console(out);
        try {
            String text = read(options.script());
            if (options.zk().isPresent()) {
                String server = options.zk().get();
                Clients.requireServer(server);
                console.note("Using the ZooKeeper server " + server + ".");
                run(options, text.replace(SCRIPT_SERVER, server), server, !options.ownScript(), console);
            } else {
                try (EmbeddedZooKeeper server = EmbeddedZooKeeper.start(SCRIPT_PORT, SCRIPT_DATA)) {
                    console.note("Started a ZooKeeper server at " + server.connectString() + ", its files are in '"
                            + SCRIPT_DATA + "' while it runs.");
                    run(options, text, server.connectString(), true, console);
                }
            }
            console.note("Done.");
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            console.failure(e);
        } catch (Exception e) {
            console.failure(e);
        }
        return 1;
    }

    /** A script of the user's own on a server of the user's own is alone with it; else our program writes. */
    private static void run(QuickstartOptions options, String text, String server, boolean withProgram, Console console)
            throws Exception {
        if (!withProgram) {
            run(options, text, console);
            return;
        }
        try (LiveData program = LiveData.start(server, options.pace())) {
            console.note("Started a program that writes to /services and /flags while the script runs.");
            run(options, text, console);
            program.requireAlive();
        }
    }

    private static void run(QuickstartOptions options, String text, Console console) throws Exception {
        try (ScriptRunner runner = new ScriptRunner(options.seconds(), console)) {
            runner.run(SqlScript.parse(text));
        }
    }

    private static String read(Path script) throws IOException {
        if (!Files.isReadable(script)) {
            throw new IOException("Cannot read the script '" + script + "': give a file with -Dsql=FILE.");
        }
        return Files.readString(script);
    }
}
