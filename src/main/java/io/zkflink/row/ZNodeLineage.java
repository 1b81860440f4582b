// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import io.zkflink.client.ConnectionSettings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.streaming.api.lineage.DatasetConfigFacet;
import org.apache.flink.streaming.api.lineage.LineageDataset;
import org.apache.flink.streaming.api.lineage.LineageDatasetFacet;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.streaming.api.lineage.SourceLineageVertex;

/**
 * What a job tells of the znodes that it reads or writes to whoever follows its lineage (FLIP-314): where they are and
 * how they are read or written. Nothing of how to log in.
 *
 * @param namespace {@code zookeeper://host:port[,host:port]...[/chroot]}
 * @param name the path template, with the namespace of the connection
 * @param how options and their values
 */
@Internal
public record ZNodeLineage(String namespace, String name, Map<String, String> how) implements LineageDataset {

    private static final String FACET = "zookeeper";

    /** The lineage of a source. */
    public static SourceLineageVertex read(
            ConnectionSettings connection, String path, Boundedness boundedness, Map<String, String> how) {
        List<LineageDataset> datasets = List.of(of(connection, path, how));
        return new SourceLineageVertex() {
            @Override
            public Boundedness boundedness() {
                return boundedness;
            }

            @Override
            public List<LineageDataset> datasets() {
                return datasets;
            }
        };
    }

    /** The lineage of a sink. */
    public static LineageVertex written(ConnectionSettings connection, String path, Map<String, String> how) {
        List<LineageDataset> datasets = List.of(of(connection, path, how));
        return () -> datasets;
    }

    private static ZNodeLineage of(ConnectionSettings connection, String path, Map<String, String> how) {
        String below = connection.namespace().isEmpty() ? "" : "/" + connection.namespace();
        String name = path.equals("/") && !below.isEmpty() ? below : below + path;
        Map<String, String> all = new TreeMap<>(how);
        // The planner gives datasets the names of tables.
        all.put("path", name);
        return new ZNodeLineage("zookeeper://" + connection.connectString(), name, all);
    }

    @Override
    public Map<String, LineageDatasetFacet> facets() {
        return Map.of(FACET, new How(how));
    }

    private record How(Map<String, String> config) implements DatasetConfigFacet {
        @Override
        public String name() {
            return FACET;
        }
    }
}
