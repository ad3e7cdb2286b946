"""One file becomes one value: text to a frozen `Persona` or to diagnostics, and back.

source ─▶ document ─▶ yamltree ─▶ parse ─▶ model          shapes, fields: what a key may hold
                                    └─▶ rules              what must hold between and inside the values
render, edit, schema: the way back, one-line changes, the JSON Schema of it all
"""
