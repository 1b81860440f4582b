// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import java.util.Comparator;
import java.util.Map;

/** Which section of the docs explains an option: the options tables link there, and a test looks whether it does. */
public final class OptionSections {

    private static final String SQL = "zookeeper.md";

    /** By the longest prefix of the key. */
    private static final Map<String, String> SECTIONS = Map.ofEntries(
            Map.entry("connector", "#how-to-create-a-zookeeper-table"),
            Map.entry("connect-string", "#connection"),
            Map.entry("session-timeout", "#connection"),
            Map.entry("connection-timeout", "#connection"),
            Map.entry("retry-wait", "#connection"),
            Map.entry("max-retry-attempts", "#connection"),
            Map.entry("properties.", "#connection"),
            Map.entry("path", "#path-template"),
            Map.entry("namespace", "#path-template"),
            Map.entry("format", "#payload"),
            Map.entry("payload.", "#payload"),
            Map.entry("scan.changelog-mode", "#changelog-modes"),
            Map.entry("scan.startup.mode", "#start-and-end-of-a-scan"),
            Map.entry("scan.bounded.mode", "#start-and-end-of-a-scan"),
            Map.entry("scan.watch-mode", "#watching-and-polling"),
            Map.entry("scan.poll-interval", "#watching-and-polling"),
            Map.entry("scan.watermark.", "#event-time"),
            Map.entry("scan.parallelism", "#scale-and-limits"),
            Map.entry("scan.parse-errors", "#data-that-cannot-be-decoded"),
            Map.entry("scan.unreadable", "#znodes-that-may-not-be-read"),
            Map.entry("lookup.", "#lookup-joins"),
            Map.entry("lookup.parse-errors", "#data-that-cannot-be-decoded"),
            Map.entry("recipe", "recipes.md#how-to-create-one"),
            Map.entry("lock.dialect", "recipes.md#writing"),
            Map.entry("lock.max-leases", "recipes.md#readwrite-locks-and-semaphores"),
            Map.entry("barrier.members", "recipes.md#barriers"),
            Map.entry("sink.", "#writing"),
            Map.entry("sink.delivery-guarantee", "#exactly-once"),
            Map.entry("sink.transactional-id-prefix", "#exactly-once"),
            Map.entry("sink.commit-", "#exactly-once"),
            Map.entry("sink.create-mode", "#kinds-of-znodes"),
            Map.entry("sink.ttl", "#kinds-of-znodes"),
            Map.entry("sink.conflict", "#compare-and-set"),
            Map.entry("sink.guard.lock", "#fenced-writes"),
            Map.entry("sink.acl", "operations.md#acls"),
            Map.entry("sink.parallelism", "#one-writer"),
            Map.entry("auth.", "security.md#digest-a-user-name-and-a-password"),
            Map.entry("sasl.", "security.md#sasl-digest-md5-a-user-that-the-server-knows"),
            Map.entry("sasl.kerberos.", "security.md#sasl-gssapi-kerberos"),
            Map.entry("ssl.", "security.md#tls"));

    private static final Map<String, String> OF_CATALOGS = Map.of(
            "type", "#how-to-create-and-use-a-zookeeper-catalog",
            "connect-string", "#how-to-create-and-use-a-zookeeper-catalog",
            "default-database", "#definitions",
            "catalog.path", "#definitions",
            "catalog.acl", "#definitions",
            "catalog.max-staleness", "#when-zookeeper-cannot-be-reached",
            "history.path", "history.md#the-tree-as-it-was",
            "tree.data", "#the-database-tree");

    private static final Map<String, String> OF_STORES =
            Map.of("connect-string", "#the-catalog-store", "path", "#the-catalog-store", "acl", "#the-catalog-store");

    private static final Map<String, String> OF_LOGS = Map.of(
            "connector", "#history",
            "log.path", "#history",
            "path", "#questions",
            "log.poll-interval", "#start-and-end",
            "log.on-gap", "#damage",
            "scan.startup.mode", "#start-and-end",
            "scan.startup.timestamp-millis", "#start-and-end",
            "scan.startup.specific-offset.zxid", "#start-and-end",
            "scan.bounded.mode", "#start-and-end");

    private OptionSections() {}

    /** The link that a row of the table begins with, on the page of the connector. */
    public static String ofTable(String key) {
        return link(key, section(key));
    }

    public static String ofCatalog(String key) {
        return elsewhere(key, OF_CATALOGS);
    }

    public static String ofStore(String key) {
        return elsewhere(key, OF_STORES);
    }

    public static String ofLog(String key) {
        return elsewhere(key, OF_LOGS);
    }

    /** On another page, which explains only some of its options itself. */
    private static String elsewhere(String key, Map<String, String> own) {
        if (own.containsKey(key)) {
            return link(key, own.get(key));
        }
        String section = section(key);
        return link(key, section.startsWith("#") ? SQL + section : section);
    }

    private static String section(String key) {
        return SECTIONS.entrySet().stream()
                .filter(entry -> key.startsWith(entry.getKey()))
                .max(Comparator.comparingInt(entry -> entry.getKey().length()))
                .map(Map.Entry::getValue)
                .orElseThrow(() -> new AssertionError("No section of the docs is named for the option '" + key + "'."));
    }

    private static String link(String key, String section) {
        return "[`%s`](%s)".formatted(key, section);
    }
}
