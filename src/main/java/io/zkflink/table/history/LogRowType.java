// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.history;

import io.zkflink.history.source.HistoryMetadata;
import io.zkflink.history.source.LogDecoder;
import io.zkflink.history.source.WholeLogDecoder;
import io.zkflink.history.source.ZNodeLogDecoder;
import io.zkflink.path.PathTemplate;
import io.zkflink.row.ParseErrorPolicy;
import io.zkflink.row.TableLayout;
import io.zkflink.row.ZNodeDecoder;
import io.zkflink.table.options.ZooKeeperOptions;
import io.zkflink.table.schema.PayloadFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.flink.table.connector.source.DynamicTableSource;
import org.apache.flink.table.types.DataType;

/** What the physical columns of a table of the log are. */
sealed interface LogRowType {

    String PATH = "path";
    String DATA = "data";

    DataType physical();

    /** What says which znodes there are rows of; empty for all. */
    Optional<PathTemplate> template();

    /**
     * Makes rows of the columns that a query reads.
     *
     * @param narrowed what is left of the template
     * @param fields positions of physical columns
     */
    LogDecoder decoder(
            DynamicTableSource.Context context, PathTemplate narrowed, int[] fields, List<HistoryMetadata> metadata);

    /** Znodes of a template. */
    record OfZNodes(TableLayout layout, PayloadFormat.Reading payload, ParseErrorPolicy parseErrors)
            implements LogRowType {
        @Override
        public DataType physical() {
            return layout.physical();
        }

        @Override
        public Optional<PathTemplate> template() {
            return Optional.of(layout.template());
        }

        @Override
        public LogDecoder decoder(
                DynamicTableSource.Context context,
                PathTemplate narrowed,
                int[] fields,
                List<HistoryMetadata> metadata) {
            PayloadFormat.Decoder decoding = layout.payloadNames(fields).isEmpty()
                    ? PayloadFormat.Decoder.NONE
                    : PayloadFormat.decoder(payload, context, layout, fields);
            ZNodeDecoder znodes = new ZNodeDecoder(
                    narrowed,
                    layout.columns(fields, List.of(), decoding.fields()),
                    decoding.payload(),
                    parseErrors,
                    ZooKeeperOptions.SCAN_PARSE_ERRORS.key());
            return new ZNodeLogDecoder(znodes, metadata);
        }
    }

    /** Any znode, its path and its data. */
    record OfAnything(DataType physical) implements LogRowType {
        @Override
        public Optional<PathTemplate> template() {
            return Optional.empty();
        }

        @Override
        public LogDecoder decoder(
                DynamicTableSource.Context context,
                PathTemplate narrowed,
                int[] fields,
                List<HistoryMetadata> metadata) {
            List<String> names = DataType.getFieldNames(physical);
            return new WholeLogDecoder(
                    Arrays.stream(fields)
                            .mapToObj(field -> names.get(field).equals(PATH)
                                    ? WholeLogDecoder.Field.PATH
                                    : WholeLogDecoder.Field.DATA)
                            .toList(),
                    metadata);
        }
    }
}
