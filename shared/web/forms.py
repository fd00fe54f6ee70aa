"""How a service's refusal comes to stand at the form field it belongs to."""

from flask_wtf import FlaskForm

from shared.errors import InvalidInput


def add_form_error(form: FlaskForm, refused: InvalidInput) -> None:
    """Let a service's refusal stand at its field, or above the form."""
    field = form._fields.get(refused.field or "")
    if field is None:
        form.form_errors.append(str(refused))
    else:
        field.errors = [*field.errors, str(refused)]
