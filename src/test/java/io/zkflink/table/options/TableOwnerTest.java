// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.ObjectIdentifier;
import org.apache.flink.table.catalog.ResolvedCatalogTable;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.factories.FactoryUtil;
import org.junit.jupiter.api.Test;

class TableOwnerTest {

    private final TableOwner owner = new TableOwner(
            "/_flink/catalog", "tree", Map.of("connect-string", "ours:2181", "auth.password", "s3cr3t"), List.of());

    @Test
    void aTableGetsTheConnectionOfItsCatalog() {
        assertThat(connect(Map.of("path", "/a")))
                .containsOnly(
                        Map.entry("connector", "zookeeper"),
                        Map.entry("path", "/a"),
                        Map.entry("connect-string", "ours:2181"),
                        Map.entry("auth.password", "s3cr3t"));
        assertThat(connect(Map.of("path", "/a", "auth.password", "its own"))).containsEntry("auth.password", "its own");
    }

    /** A hint is enough to name other servers, and whoever runs them would learn the password. */
    @Test
    void credentialsGoToNoOtherEnsemble() {
        assertThat(connect(Map.of("path", "/a", "connect-string", "theirs:2181")))
                .containsOnly(
                        Map.entry("connector", "zookeeper"),
                        Map.entry("path", "/a"),
                        Map.entry("connect-string", "theirs:2181"));
    }

    private Map<String, String> connect(Map<String, String> options) {
        CatalogTable table = CatalogTable.newBuilder()
                .schema(Schema.newBuilder().build())
                .options(options)
                .build();
        return owner.connect(new FactoryUtil.DefaultDynamicTableContext(
                        ObjectIdentifier.of("zk", "default", "t"),
                        new ResolvedCatalogTable(table, ResolvedSchema.of()),
                        Map.of(),
                        new Configuration(),
                        getClass().getClassLoader(),
                        false))
                .getCatalogTable()
                .getOptions();
    }
}
