// SPDX-License-Identifier: Apache-2.0
package io.zkflink.catalog.definition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ZNode;
import io.zkflink.testkit.Nasty;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.catalog.CatalogDatabaseImpl;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.exceptions.CatalogException;

/** What is in the znodes of definitions, and what is said of one that cannot be read. */
class DefinitionsTest {

    private static final String PATH = "/_flink/catalog/default/table.t";

    private final Definitions definitions = new Definitions(DefinitionsTest.class.getClassLoader(), options -> options);

    private static String written() {
        return new String(
                        Definitions.write(CatalogTable.newBuilder()
                                .schema(Schema.newBuilder()
                                        .column("id", DataTypes.STRING().notNull())
                                        .columnByExpression("twice", "`id` || `id`")
                                        .columnByMetadata("changed", DataTypes.TIMESTAMP_LTZ(3), "mtime", true)
                                        .withComment("by the server's clock")
                                        .primaryKeyNamed("PK_id", "id")
                                        .build())
                                .options(Map.of("path", "/x/{id}"))
                                .partitionKeys(List.of())
                                .build()),
                        StandardCharsets.UTF_8)
                .replaceAll("\"write-id\" : \"[^\"]*\"", "\"write-id\" : \"...\"")
                .replaceAll("\"flink-version\" : \"[^\"]*\"", "\"flink-version\" : \"2.3\"");
    }

    private Object read(String data) {
        return definitions.table(new ZNode(PATH, data.getBytes(StandardCharsets.UTF_8), null));
    }

    /** Whoever changes the format changes its version, too, unless every older connector can read it still. */
    @Example
    void theFormatIsForPeopleToo() {
        assertThat(written()).isEqualTo("""
                        {
                          "format-version" : 1,
                          "kind" : "table",
                          "flink-version" : "2.3",
                          "write-id" : "...",
                          "columns" : [ {
                            "name" : "id",
                            "kind" : "physical",
                            "type" : "VARCHAR(2147483647) NOT NULL"
                          }, {
                            "name" : "twice",
                            "kind" : "computed",
                            "expression" : "`id` || `id`"
                          }, {
                            "name" : "changed",
                            "kind" : "metadata",
                            "type" : "TIMESTAMP(3) WITH LOCAL TIME ZONE",
                            "key" : "mtime",
                            "virtual" : true,
                            "comment" : "by the server's clock"
                          } ],
                          "primary-key" : {
                            "name" : "PK_id",
                            "columns" : [ "id" ]
                          },
                          "options" : {
                            "path" : "/x/{id}"
                          }
                        }""");
    }

    @Example
    void aNewerFormatIsRefused() {
        assertThatThrownBy(() -> read(written().replace("\"format-version\" : 1", "\"format-version\" : 2")))
                .isInstanceOf(CatalogException.class)
                .hasMessage(
                        "The definition in the znode '" + PATH + "' has the format version 2, and this connector reads"
                                + " versions up to 1. Use a version of the connector that is as new as the one that wrote it.");
    }

    @Example
    void whatThisFlinkLacksIsRefusedWithBothVersions() {
        String newer = written().replace("\"flink-version\" : \"2.3\"", "\"flink-version\" : \"9.9\"");
        List<String> definitionsOfNewer = List.of(
                newer.replace("TIMESTAMP(3) WITH LOCAL TIME ZONE", "TENSOR"),
                newer.replace("TIMESTAMP(3) WITH LOCAL TIME ZONE", "ARRAY<MAP<INT, TENSOR>>"),
                newer.replace("\"kind\" : \"computed\"", "\"kind\" : \"imagined\""),
                newer.replace("\"kind\" : \"table\"", "\"kind\" : \"dream\""),
                newer.replace("\"virtual\" : true", "\"virtual\" : true, \"encrypted\" : true"),
                newer.replace("\"options\"", "\"retention\" : {}, \"options\""));
        for (String definition : definitionsOfNewer) {
            assertThatThrownBy(() -> read(definition))
                    .as(definition)
                    .isInstanceOf(CatalogException.class)
                    .hasMessageContainingAll(PATH, "Flink 9.9", "this Flink " + DefinitionFormat.flinkVersion());
        }
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        return Nasty.bytes(Arbitraries.just(written().getBytes(StandardCharsets.UTF_8)));
    }

    /** JSON of the right form that Flink makes no table of. */
    @Example
    void whatFlinkRefusesIsDamaged() {
        String noKey = written().replaceAll("(?s)(\"primary-key\" : \\{.*?\"columns\" : )\\[.*?]", "$1[ ]");
        assertThat(noKey).isNotEqualTo(written());
        assertThatThrownBy(() -> read(noKey))
                .isInstanceOf(CatalogException.class)
                .hasMessageContainingAll(PATH, "Primary key constraint must be defined");
    }

    @Property(tries = 1000)
    void whatIsDamagedNamesItsZNode(@ForAll("damaged") byte[] data) {
        ZNode znode = new ZNode(PATH, data, null);
        for (Runnable read : List.<Runnable>of(
                () -> definitions.table(znode), () -> Definitions.database(znode), () -> Definitions.function(znode))) {
            try {
                read.run();
            } catch (CatalogException e) {
                assertThat(e).hasMessageContaining(PATH);
            }
        }
    }

    @Property(tries = 2000)
    void everyIdentifierHasOneNameOfItsOwn(@ForAll("texts") String one, @ForAll("texts") String other) {
        String name = ObjectName.encode(one);
        assertThat(ObjectName.decode(name)).isEqualTo(one);
        assertThat(name).matches("[A-Za-z0-9_%-]*");
        assertThat(name.equals(ObjectName.encode(other))).isEqualTo(one.equals(other));
        String back = ObjectName.decode(other);
        assertThat(back == null || ObjectName.encode(back).equals(other)).isTrue();
    }

    @Provide
    Arbitrary<String> texts() {
        return Nasty.texts();
    }

    @Example
    void aDatabaseWithoutACommentHasNone() {
        ZNode znode = new ZNode(PATH, Definitions.write(new CatalogDatabaseImpl(Map.of("a", ""), null)), null);
        assertThat(Definitions.database(znode).getComment()).isNull();
        assertThat(Definitions.database(znode).getProperties()).isEqualTo(Map.of("a", ""));
    }
}
