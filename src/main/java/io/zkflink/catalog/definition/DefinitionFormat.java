// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import io.zkflink.client.ZNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.flink.FlinkVersion;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/**
 * The frame of every definition: a JSON object with the version of the format, the kind of the object, the version of
 * Flink that wrote it, and an id of the write, by which whoever lost the connection finds out whether the write was
 * made.
 *
 * <p>Whoever reads it takes each known field. One that is left over comes from a newer Flink and must not be
 * ignored.
 */
final class DefinitionFormat {

    /** The highest version that this connector reads, and the one that it writes. */
    static final int VERSION = 1;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FORMAT_VERSION = "format-version";
    private static final String KIND = "kind";
    private static final String FLINK_VERSION = "flink-version";
    private static final String WRITE_ID = "write-id";

    private DefinitionFormat() {}

    /** The version of the Flink that runs this. */
    static String flinkVersion() {
        return FlinkVersion.current().toString();
    }

    /** A definition to be filled. */
    static ObjectNode begin(String kind) {
        ObjectNode definition = JSON.createObjectNode();
        definition.put(FORMAT_VERSION, VERSION);
        definition.put(KIND, kind);
        definition.put(FLINK_VERSION, flinkVersion());
        definition.put(WRITE_ID, UUID.randomUUID().toString());
        return definition;
    }

    static byte[] bytes(ObjectNode definition) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(definition);
        } catch (IOException e) {
            throw new CatalogException("A definition could not be encoded: " + e.getMessage(), e);
        }
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static void put(ObjectNode node, String field, Map<String, String> values) {
        if (!values.isEmpty()) {
            ObjectNode map = node.putObject(field);
            new TreeMap<>(values).forEach(map::put);
        }
    }

    static void put(ObjectNode node, String field, Iterable<String> values) {
        ArrayNode list = node.putArray(field);
        values.forEach(list::add);
    }

    /** Leaves out what is null or empty. */
    static void put(ObjectNode node, String field, String value) {
        if (value != null && !value.isEmpty()) {
            node.put(field, value);
        }
    }

    /** A definition that is being read. */
    static Reader read(ZNode znode) {
        JsonNode node;
        try {
            node = JSON.readTree(znode.data());
        } catch (JsonProcessingException e) {
            throw damaged(znode.path(), "it is no JSON (" + firstLine(e.getOriginalMessage()) + ")", e);
        } catch (IOException e) {
            throw damaged(znode.path(), "it is no JSON (" + firstLine(e.getMessage()) + ")", e);
        }
        if (!(node instanceof ObjectNode definition)) {
            throw damaged(znode.path(), "it is no JSON object", null);
        }
        JsonNode version = definition.remove(FORMAT_VERSION);
        if (version == null || !version.isInt()) {
            throw damaged(znode.path(), "it has no '" + FORMAT_VERSION + "'", null);
        }
        if (version.intValue() > VERSION) {
            throw new CatalogException(String.format(
                    "The definition in the znode '%s' has the format version %d, and this connector reads versions up to"
                            + " %d. Use a version of the connector that is as new as the one that wrote it.",
                    znode.path(), version.intValue(), VERSION));
        }
        definition.remove(WRITE_ID);
        JsonNode writer = definition.remove(FLINK_VERSION);
        if (writer == null || !writer.isTextual()) {
            throw damaged(znode.path(), "it has no '" + FLINK_VERSION + "'", null);
        }
        return new Reader(definition, znode.path(), writer.textValue());
    }

    private static String firstLine(String message) {
        return String.valueOf(message).lines().findFirst().orElse("");
    }

    private static CatalogException damaged(String path, String why, Throwable cause) {
        return new CatalogException(
                "The definition in the znode '" + path + "' cannot be read: " + why
                        + ". Restore its data from a backup, or delete the znode and create the object again.",
                cause);
    }

    /** Takes the fields of one JSON object, each once. */
    static final class Reader {
        private final ObjectNode node;
        private final String path;
        private final String writer;
        private final Set<String> taken = new HashSet<>();

        private Reader(ObjectNode node, String path, String writer) {
            this.node = node;
            this.path = path;
            this.writer = writer;
        }

        String kind() {
            return text(KIND);
        }

        boolean has(String field) {
            return node.has(field);
        }

        String text(String field) {
            JsonNode value = take(field);
            if (value == null || !value.isTextual()) {
                throw damaged("'" + field + "' is missing or no text");
            }
            return value.textValue();
        }

        /** Null if there is none. */
        String optionalText(String field) {
            return has(field) ? text(field) : null;
        }

        boolean flag(String field) {
            JsonNode value = take(field);
            return value != null && value.booleanValue();
        }

        /** Null if there is none. */
        Long optionalNumber(String field) {
            JsonNode value = take(field);
            if (value != null && !value.canConvertToLong()) {
                throw damaged("'" + field + "' is no number");
            }
            return value == null ? null : Long.valueOf(value.longValue());
        }

        /** Empty if there is none. */
        Map<String, String> texts(String field) {
            Map<String, String> values = new LinkedHashMap<>();
            JsonNode map = take(field);
            if (map != null && !map.isObject()) {
                throw damaged("'" + field + "' is no object");
            }
            if (map != null) {
                map.fieldNames()
                        .forEachRemaining(key -> values.put(key, map.get(key).asText()));
            }
            return values;
        }

        /** Empty if there is none. */
        List<String> list(String field) {
            List<String> values = new ArrayList<>();
            elements(field).forEach(value -> values.add(value.asText()));
            return values;
        }

        /** Empty if there is none. */
        List<Reader> objects(String field) {
            List<Reader> readers = new ArrayList<>();
            for (JsonNode value : elements(field)) {
                readers.add(nested(field, value));
            }
            return readers;
        }

        /** Null if there is none. */
        Reader object(String field) {
            JsonNode value = take(field);
            return value == null ? null : nested(field, value);
        }

        private Reader nested(String field, JsonNode value) {
            if (!(value instanceof ObjectNode object)) {
                throw damaged("'" + field + "' holds something that is no object");
            }
            return new Reader(object, path, writer);
        }

        private Iterable<JsonNode> elements(String field) {
            JsonNode list = take(field);
            if (list != null && !list.isArray()) {
                throw damaged("'" + field + "' is no list");
            }
            return list == null ? List.of() : list;
        }

        private JsonNode take(String field) {
            taken.add(field);
            JsonNode value = node.get(field);
            return value == null || value.isNull() ? null : value;
        }

        /** Refuses what nobody has asked for. */
        void end() {
            node.fieldNames().forEachRemaining(field -> {
                if (!taken.contains(field)) {
                    throw tooNew("'" + field + "'");
                }
            });
        }

        CatalogException damaged(String why) {
            return DefinitionFormat.damaged(path, why, null);
        }

        /** Says that this Flink lacks something. */
        CatalogException tooNew(String what) {
            return new CatalogException(String.format(
                    "The definition in the znode '%s' was written by Flink %s and has %s, which this Flink %s does not know."
                            + " Use it with Flink %s or newer, or create the object anew without that.",
                    path, writer, what, flinkVersion(), writer));
        }
    }
}
