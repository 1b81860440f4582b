// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;

/**
 * What the command line says.
 *
 * @param script the SQL script to run
 * @param ownScript whether the user named the script ({@code -Dsql=FILE}), else it is the quickstart's
 * @param zk a running server to use instead of the embedded one ({@code -Dzk=host:port})
 * @param seconds how long a streaming SELECT prints ({@code -Dseconds=N})
 * @param pace the time from one change to the next of the program that is watched, which only tests shorten
 */
record QuickstartOptions(Path script, boolean ownScript, Optional<String> zk, Duration seconds, Duration pace) {

    private static final String DEFAULT_SCRIPT = "sql-examples/quickstart.sql";
    private static final String DEFAULT_SECONDS = "20";
    private static final Duration DEFAULT_PACE = Duration.ofSeconds(1);

    static QuickstartOptions from(Properties properties) {
        String sql = properties.getProperty("sql");
        String zk = properties.getProperty("zk");
        return new QuickstartOptions(
                sql == null
                        // Maven may have been called from another directory.
                        ? Path.of(properties.getProperty("maven.multiModuleProjectDirectory", ""), DEFAULT_SCRIPT)
                        : Path.of(sql),
                sql != null,
                Optional.ofNullable(zk).filter(server -> !server.isBlank()),
                seconds(properties.getProperty("seconds", DEFAULT_SECONDS)),
                DEFAULT_PACE);
    }

    private static Duration seconds(String text) {
        try {
            int seconds = Integer.parseInt(text.trim());
            if (seconds > 0) {
                return Duration.ofSeconds(seconds);
            }
        } catch (NumberFormatException e) {
            // Said below, with what a number may be.
        }
        throw new IllegalArgumentException("-Dseconds=" + text
                + ": how long a streaming SELECT prints must be a whole number of seconds, 1 or more.");
    }
}
