// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.net.InetSocketAddress;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.common.PathUtils;

/** The rules of connect strings, so that a wrong one is found before anybody connects. */
@Internal
public final class ConnectStrings {

    private static final String SERVERS_OWN = "/zookeeper";

    private ConnectStrings() {}

    /**
     * Checks {@code host:port[,host:port]...[/chroot]}.
     *
     * @throws IllegalArgumentException saying what is wrong, as the end of a sentence
     */
    public static void check(String connectString) {
        if (connectString.isBlank()) {
            throw new IllegalArgumentException("it is empty");
        }
        int slash = connectString.indexOf('/');
        String servers = slash < 0 ? connectString : connectString.substring(0, slash);
        for (String server : servers.split(",", -1)) {
            if (server.isBlank()) {
                throw new IllegalArgumentException("it names no server before, between or after its commas");
            }
            if (!server.strip().equals(server) || server.contains(" ")) {
                throw new IllegalArgumentException("'" + server + "' contains a blank");
            }
        }
        ConnectStringParser parsed;
        try {
            parsed = new ConnectStringParser(connectString);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a port is not a number", e);
        }
        for (InetSocketAddress server : parsed.getServerAddresses()) {
            if (server.getHostString().isEmpty()) {
                throw new IllegalArgumentException("a server has no host name");
            }
            if (server.getPort() == 0) {
                throw new IllegalArgumentException("the port 0 is none to connect to");
            }
        }
    }

    /** What stands before every path of whoever connects like this: a path, or nothing. */
    public static String chroot(String connectString) {
        String chroot = new ConnectStringParser(connectString).getChrootPath();
        return chroot == null ? "" : chroot;
    }

    /** Whether the server keeps a path for itself. */
    public static boolean isServersOwn(String path) {
        return path.equals(SERVERS_OWN) || path.startsWith(SERVERS_OWN + "/");
    }

    /**
     * Checks a namespace, a path without leading slash.
     *
     * @throws IllegalArgumentException saying what is wrong, as the end of a sentence
     */
    public static void checkNamespace(String namespace) {
        if (namespace.startsWith("/") || namespace.endsWith("/")) {
            throw new IllegalArgumentException("it begins or ends with '/'");
        }
        try {
            PathUtils.validatePath("/" + namespace);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("it is no valid path: " + e.getMessage(), e);
        }
    }
}
