// Element classes that `click-up run --elements` and the tests of an author's elements bring along:
// found, checked for hidden state, bundled and run, as those of a service are.

import type { Classes } from '../dataplane/classes.ts'
import type { AnyElement } from '../dataplane/element.ts'
import { loadSources } from '../lib/artifact-build.ts'
import { findElementSources } from '../lib/element-sources.ts'
import { ClickUpError } from '../lib/errors.ts'
import { refuseHiddenState } from '../lib/hidden-state-sources.ts'

/** @param from folders and 'npm:…', from the working directory on */
export async function loadOwn(from: readonly string[]): Promise<Classes> {
  const { sources, problems } = findElementSources(from, '.')
  if (problems.length > 0)
    throw new ClickUpError(
      'ARTIFACT',
      'the elements cannot be found',
      'name folders, or npm packages as npm:NAME',
      problems.map(({ message }) => ({ where: '--elements', message })),
    )
  refuseHiddenState(sources, from.join(', '))
  return await loadSources<AnyElement>(sources)
}
