// SPDX-License-Identifier: Apache-2.0
package io.zkflink.path;

import static io.zkflink.path.Templates.parse;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateParserTest {

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            value = {
                "flags => it must be absolute; write '/flags'",
                "/a//b => it has an empty segment; remove the superfluous '/'",
                "/a/ => it has an empty segment; remove the superfluous '/'",
                "/x{a} => the segment 'x{a}' is neither a name nor a column",
                "/{} => the segment '{}' is neither a name nor a column",
                "/{*} => the segment '{*}' is neither a name nor a column",
                "/{a}{b} => the segment '{a}{b}' is neither a name nor a column",
                "/{*a}/x => '{*a}' takes all remaining segments and must stand last; use '{a}'",
                "/{a}/{a} => the column 'a' appears twice",
                "/{*i} => the column 'i' of '{*i}' holds a path; declare it as STRING",
                "/a/../b => the segment '..' is a relative path",
                "/zookeeper/{a} => '/zookeeper' is ZooKeeper's own subtree",
            },
            quoteCharacter = '"')
    void refusesWrongTemplates(String template, String problem) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(template)).withMessageContaining(problem);
    }
}
