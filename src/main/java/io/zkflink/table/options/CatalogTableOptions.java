// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import java.io.IOException;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.flink.annotation.Internal;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonSerializable;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.SerializerProvider;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import org.apache.flink.table.factories.FactoryUtil;

/**
 * The options of a table of a catalog of ours, exactly as they were declared, for plans that are compiled and executed
 * later. Flink makes the sinks of such a plan without asking the catalog for its factory: it looks for the connector in
 * the options that the plan has, or those that the catalog has now if the plan has none, and gives the latter to enrich
 * them. So the plan gets the connector written into it, who looks for the connector finds it, and the factory gets the
 * connection by way of {@link #owner}; none of them is among the entries.
 */
@Internal
public final class CatalogTableOptions extends AbstractMap<String, String> implements JsonSerializable {

    private final Map<String, String> options;
    private final TableOwner owner;

    public CatalogTableOptions(Map<String, String> options, TableOwner owner) {
        this.options = Collections.unmodifiableMap(new HashMap<>(options));
        this.owner = owner;
    }

    public TableOwner owner() {
        return owner;
    }

    @Override
    public Set<Entry<String, String>> entrySet() {
        return options.entrySet();
    }

    @Override
    public String get(Object key) {
        boolean isImplied = FactoryUtil.CONNECTOR.key().equals(key) && TableOwner.isNeededBy(options);
        return isImplied ? ZooKeeperOptions.IDENTIFIER : options.get(key);
    }

    @Override
    public boolean containsKey(Object key) {
        return options.containsKey(key);
    }

    /** What a compiled plan has of them. */
    @Override
    public void serialize(JsonGenerator json, SerializerProvider serializers) throws IOException {
        Map<String, String> written = new HashMap<>(options);
        if (TableOwner.isNeededBy(options)) {
            written.put(FactoryUtil.CONNECTOR.key(), ZooKeeperOptions.IDENTIFIER);
        }
        serializers.defaultSerializeValue(written, json);
    }

    @Override
    public void serializeWithType(JsonGenerator json, SerializerProvider serializers, TypeSerializer type)
            throws IOException {
        serialize(json, serializers);
    }
}
