#!/bin/bash
# Java's Avro 1.12.1: DataFileReader.sync(0) looks for the sync marker in the header's own bytes too, and
# believes the first match.
#
# The specification lets a writer choose any sixteen bytes as marker. Those of this file are sixteen zeros,
# and the header's map of metadata ends with one zero byte, so that the first match lies one byte before the
# marker. Read from its start without sync the file gives its record; after sync(0), which every reader in
# pieces calls for its first piece, next() ends with an exception.
#
# Needs java 11 or later, mvn and Maven Central. Exit 0: as described. Exit 1: it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>f</groupId><artifactId>f</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.avro</groupId><artifactId>avro</artifactId><version>1.12.1</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>2.0.17</version>
    </dependency>
    <dependency>
      <groupId>org.eclipse.jdt</groupId><artifactId>ecj</artifactId><version>3.33.0</version>
    </dependency>
  </dependencies>
</project>
XML
cat >Show.java <<'JAVA'
import java.io.File;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;

public class Show {
    public static void main(String[] words) throws Exception {
        File file = new File("one.avro");
        Schema schema = Schema.create(Schema.Type.STRING);
        byte[] zeros = new byte[16];
        try (DataFileWriter<Object> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema))) {
            writer.create(schema, new java.io.FileOutputStream(file), zeros);
            writer.append("hello");
        }
        try (DataFileReader<Object> reader = new DataFileReader<>(file, new GenericDatumReader<>())) {
            System.out.println("from the start: " + reader.next());
        }
        try (DataFileReader<Object> reader = new DataFileReader<>(file, new GenericDatumReader<>())) {
            reader.sync(0);
            System.out.println("after sync(0): " + reader.next());
        } catch (Exception why) {
            System.out.println("after sync(0): " + why.getClass().getSimpleName() + ": " + why.getMessage());
        }
    }
}
JAVA
mvn -B -q -f pom.xml dependency:copy-dependencies -DoutputDirectory=lib >mvn.log 2>&1 </dev/null ||
    { tail -n 20 mvn.log; exit 2; }
classpath=$(printf '%s:' lib/*.jar)
java -cp "$classpath" org.eclipse.jdt.internal.compiler.batch.Main -11 -nowarn -cp "$classpath" -d . Show.java
seen=$(java -cp ".:$classpath" Show)
printf 'Avro 1.12.1 for Java\n%s\n' "$seen"
grep -q '^from the start: hello$' <<<"$seen" &&
    grep -q '^after sync(0): AvroRuntimeException: .*Invalid sync!' <<<"$seen" && exit 0
echo "this is no longer as described"
exit 1
