// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import io.zkflink.path.SegmentType.Kind;
import java.util.Map;

/** Templates with a column of each type. */
final class Templates {

    static final Map<String, SegmentType> TYPES = Map.of(
            "a", SegmentType.STRING,
            "b", SegmentType.STRING,
            "i", SegmentType.of(Kind.INT),
            "t", SegmentType.of(Kind.TINYINT),
            "s", SegmentType.of(Kind.SMALLINT),
            "l", SegmentType.of(Kind.BIGINT),
            "f", SegmentType.of(Kind.BOOLEAN),
            "c", SegmentType.text(3, 3),
            "v", SegmentType.text(0, 2));

    private Templates() {}

    static PathTemplate parse(String template) {
        return PathTemplate.parse(template, PathEncoding.NONE, TYPES::get);
    }

    static PathTemplate url(String template) {
        return PathTemplate.parse(template, PathEncoding.URL, TYPES::get);
    }
}
