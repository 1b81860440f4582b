// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AclTest {

    @Test
    void idsMayHoldCommasAndColons() {
        assertThat(Acl.parse("x509:CN=client,OU=eng,O=example:cdrwa").entries())
                .containsExactly(new Acl.Entry("x509", "CN=client,OU=eng,O=example", 31));
        assertThat(Acl.parse("world:anyone:r, x509:CN=a:b,OU=c:d,O=e:cdrwa ,sasl:svc/host,x@REALM:rw,ip:::1/128:r")
                        .entries())
                .containsExactly(
                        new Acl.Entry("world", "anyone", 1),
                        new Acl.Entry("x509", "CN=a:b,OU=c:d,O=e", 31),
                        new Acl.Entry("sasl", "svc/host,x@REALM", 3),
                        new Acl.Entry("ip", "::1/128", 1));
        assertThat(Acl.parse("digest:user:hash=:cdrwa,auth::r,own-scheme:a,b:r,sasl:c:w")
                        .entries())
                .containsExactly(
                        new Acl.Entry("digest", "user:hash=", 31),
                        new Acl.Entry("auth", "", 1),
                        new Acl.Entry("own-scheme", "a,b", 1),
                        new Acl.Entry("sasl", "c", 2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "everybody | 'everybody' is not of the form 'scheme:id:permissions'",
                "world:anyone,digest:a:b:r | 'world:anyone' is not of the form 'scheme:id:permissions'",
                "world:anyone:rx,ip:1.1.1.1:r | 'x' in 'world:anyone:rx' is no permission; those are c(reate), d(elete),"
                        + " r(ead), w(rite), a(dmin)",
                "world:anyone:r, | '' is not of the form 'scheme:id:permissions'",
                "x509:CN=a,OU=b | 'x509:CN=a,OU=b' is not of the form 'scheme:id:permissions'",
                "x509:CN=a:rx,world:anyone:r | 'x' in 'x509:CN=a:rx' is no permission; those are c(reate), d(elete),"
                        + " r(ead), w(rite), a(dmin)",
                "sasl:a,b:c,d:r, | 'd:r,' is not of the form 'scheme:id:permissions'"
            })
    void whatIsWrongIsNamed(String text, String message) {
        assertThatThrownBy(() -> Acl.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void znodesThatTheConnectorWorksWithGrantItSomebody() {
        Acl mixed = Acl.parse("world:anyone:r,x509:CN=a:cdrw");
        assertThat(mixed.granting("cd")).isEqualTo(mixed);
        assertThat(mixed.granting("a")).isEqualTo(Acl.parse("world:anyone:cdrwa,x509:CN=a:cdrwa"));
        assertThat(Acl.READ_ONLY.granting("c")).isEqualTo(Acl.OPEN);
        assertThat(Acl.CREATOR.granting("cdrw")).isEqualTo(Acl.CREATOR);
    }
}
