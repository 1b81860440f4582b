// SPDX-License-Identifier: Apache-2.0
package io.zkflink.source;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.path.PathTemplate;
import io.zkflink.source.reader.ScanContent;
import io.zkflink.source.settings.ScanSettings;
import io.zkflink.source.split.SubtreeSplit;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SupportsSplitReassignmentOnRecovery;

/**
 * A source whose restored splits go through the enumerator, so that no more readers than wanted have any, at whatever
 * parallelism the job comes back. Of Flink 2.3 and later: earlier ones have no such interface, and give the splits to
 * all readers in turn; there this class is not loaded.
 */
final class ReassigningSource<T> extends ZooKeeperSource<T> implements SupportsSplitReassignmentOnRecovery {

    private static final long serialVersionUID = 1L;

    private ReassigningSource(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            ScanContent<T> scanned,
            TypeInformation<T> producedType) {
        super(connection, template, settings, scanned, producedType);
    }

    /** Returns the supertype, lest the verifier load this class for its caller. */
    static <T> ZooKeeperSource<T> of(
            ConnectionSettings connection,
            PathTemplate template,
            ScanSettings settings,
            ScanContent<T> scanned,
            TypeInformation<T> producedType) {
        return new ReassigningSource<>(connection, template, settings, scanned, producedType);
    }

    @Override
    List<SubtreeSplit> restoredSplits(ReaderInfo reader) {
        return reader.getReportedSplitsOnRegistration();
    }
}
