/*
=c

AnnotationInfo(NAME OFFSET [SIZE], ..., [CHECK_OVERLAP NAME...])

=s information

defines names of annotations

=d

Each argument gives a NAME to the annotation bytes from OFFSET on, SIZE of them. OFFSET may be the
name of another annotation. Where an annotation is expected, the name can then stand for it; names that
are there by default, such as C<PAINT>, cannot be given a second time.

An argument that begins with C<CHECK_OVERLAP> lists annotations: where two of them share bytes, the
configuration is refused.

A name holds in the compound element that it is defined in, and in those inside.


=e

  AnnotationInfo(COLOUR 20 1, HOPS 21 1, CHECK_OVERLAP COLOUR HOPS PAINT);
  ... -> Paint(3, COLOUR) -> ...

=a Paint, AddressInfo
*/

import { element } from '../../dataplane/element.ts'

// Its names are read before any element is configured: dataplane/graph-annotations.ts.
export default element({ name: 'AnnotationInfo', ports: '0/0', config: 'raw' })
